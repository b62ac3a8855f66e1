{#
    A column of facts in SQL. It stops the query where a feature cannot take its type: booleans and text would be added
    as numbers, and of a number that is not zero, or of text, a `rate` would be that of true.

    column: its name.
    features: those of the facts, as `parse_features` gives them.
#}
{% macro value_of_kind(column, features) %}
    {% set takers, cases = features | selectattr('value', 'equalto', column) | list, [] %}
    {% set not_added = ['rate', 'count', 'distinct', 'min', 'max', 'newest', 'standing'] %}
    {% for kind, types, of_kind in [
        ('booleans', ['BOOLEAN'], takers | selectattr('aggregate', 'equalto', 'rate') | list),
        (
            'numbers',
            [
                'TINYINT', 'SMALLINT', 'INT', 'INTEGER', 'BIGINT', 'HUGEINT', 'DECIMAL', 'FLOAT', 'DOUBLE',
                'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'UHUGEINT'
            ],
            takers | rejectattr('aggregate', 'in', not_added) | list
        ),
    ] if of_kind %}
        {% set type = "split_part(upper(typeof(" ~ column ~ ")), '(', 1)" %}
        {# What is null in each row may be of any type. #}
        {% do cases.append(
            'when ' ~ column ~ ' is not null and ' ~ type ~ " not in ('" ~ types | join("', '") ~ "') then "
            ~ milepost.fail(
                "trailing_features: feature `" ~ of_kind[0].column ~ "` cannot take `" ~ of_kind[0].facts ~ "." ~ column
                ~ "`: it has no " ~ kind ~ "\nhint: cast the column in the model of the facts, or take another aggregate"
            )
        ) %}
    {% endfor %}
    {{ return('case ' ~ cases | join(' ') ~ ' else ' ~ column ~ ' end as ' ~ column if cases else column) }}
{% endmacro %}
