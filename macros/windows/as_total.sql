{#
    A sum in the type that a column has, in SQL. A count stays a BIGINT: the sum of BIGINTs is wider on some engines. Two
    counts in one column stop the query where the first is 2^31 or more.

    type: as `total_type` gives it; or `pair`, for two counts in one column.
#}
{% macro as_total(sql, type) %}
    {% if type == 'pair' %}
        {{ return(
            'case when ' ~ sql ~ ' <= 9223372036854775807 then cast(' ~ sql ~ ' as bigint) else '
            ~ milepost.too_many_facts() ~ ' end'
        ) }}
    {% endif %}
    {{ return('cast(' ~ sql ~ ' as ' ~ type ~ ')') }}
{% endmacro %}
