{#
    Tells dbt, while it parses a model, how many days lie at most between a fact of it and what is joined to
    that fact: puts the most of all calls into `meta.declared_reference_days`, from which a batch knows how
    far back it must read.

    days: how many days.
#}
{% macro declare_reference_days(days) %}
    {% if model.resource_type != 'model' %}{{ return(none) }}{% endif %}
    {% set most = [days | int, model.config.meta.get('declared_reference_days', 0)] | max %}
    {# As in `declare_look_back`: what `config` is told cannot be read back from it. #}
    {% do model.config.meta.update({'declared_reference_days': most}) %}
    {% do config(meta={'declared_reference_days': most}) %}
{% endmacro %}
