{#
    Checks what a staged model is made with, has what it sets aside counted when it is built, and tells dbt,
    while it parses the model, what Python needs to know: `meta.staged_from`, for each base model its id,
    whether its rows may be deleted, and how many days lie at most between a row and what it refers to.

    staging: the name of the calling macro, for messages.
    arguments: what `counting_rows` takes, by name; nothing in it is none.
    redelivery_days: how many days before a row an earlier one lies at most that decides about it.
#}
{% macro declare_staging(staging, arguments, redelivery_days) %}
    {% set targets = arguments.references.values() | list + arguments.snapshots.values() | list
        + arguments.code_lists.values() | list %}
    {% for name in [arguments.base] + targets | map('first') | list if name is not string %}
        {% do exceptions.raise_compiler_error(
            staging ~ ": `" ~ name ~ "` is no name of a model\nhint: write 'base_freight__claims' without `ref`"
        ) %}
    {% endfor %}
    {% for column, target in arguments.references.items() if target | length > 2
        and (target[2] is not integer or target[2] is boolean or target[2] < 0) %}
        {% do exceptions.raise_compiler_error(
            staging ~ ": the reference of `" ~ column ~ "` may be `" ~ target[2] ~ "` days old"
            ~ "\nhint: give a whole number of days, 0 or more, such as ['" ~ target[0] ~ "', 'load_id', 60]"
        ) %}
    {% endfor %}
    {% for column, target in (arguments.references.items() | list + arguments.snapshots.items() | list)
        if milepost.columns_of(column) | length != milepost.columns_of(target[1]) | length %}
        {% do exceptions.raise_compiler_error(
            staging ~ ": `" ~ column ~ "` refers to `" ~ target[1] ~ "` of `" ~ target[0] ~ "`, which are not as many"
            ~ " columns\nhint: write {'order_id, line_number': ['stg_shop__lines', ['order_id', 'line_number']]}"
        ) %}
    {% endfor %}
    {% if execute and model.config.materialized == 'ephemeral' %}
        {% do exceptions.raise_compiler_error(
            staging ~ ": `" ~ model.name ~ "` is ephemeral, so that nobody counts the rows that it sets aside"
            ~ "\nhint: materialize it as a table"
        ) %}
    {% endif %}
    {% do config(post_hook=[
        '{{ milepost.count_set_aside(**' ~ arguments | tojson ~ ') }}',
        {'sql': '{{ milepost.refuse_set_aside() }}', 'transaction': false},
    ]) %}
    {% if model.resource_type == 'model' %}
        {% set reference_days = {} %}
        {% for target in arguments.references.values() %}
            {% set days = target[2] if target | length > 2 else var('reference_days') %}
            {% do reference_days.update({target[0]: [days, reference_days.get(target[0], 0)] | max}) %}
        {% endfor %}
        {% set staged_from = dict(model.config.meta.get('staged_from', {})) %}
        {% do staged_from.update({arguments.base: {
            'id': milepost.columns_of(arguments.id),
            'has_deletes': 'deleted' in arguments,
            'is_snapshot': staging == 'staged_snapshots',
            'reference_days': reference_days,
            'redelivery_days': redelivery_days,
        }}) %}
        {# As in `declare_look_back`: what `config` is told cannot be read back from it. #}
        {% do model.config.meta.update({'staged_from': staged_from}) %}
        {% do config(meta={'staged_from': staged_from}) %}
    {% endif %}
{% endmacro %}
