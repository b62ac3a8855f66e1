{#
    A sum as the type of its column, in SQL. A count stays a BIGINT: the sum of BIGINTs is wider on some engines. What is
    added of values has 37 digits: engines subtract these much faster than those of 38, as the difference has a digit to
    grow. A pair of counts stops the query where the first is 2^31 or more.

    type: as `total_type` gives it, or `pair`.
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
