{# The first three of some texts, and how many more there are: what a person reads of a long list. #}
{% macro shortened(texts) %}
    {{ return(texts[:3] | join(', ') ~ (' and ' ~ (texts | length - 3) ~ ' more' if texts | length > 3 else '')) }}
{% endmacro %}
