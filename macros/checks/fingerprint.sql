{#
    A text that changes with any value, row, column or type of a table and not with the order of its
    rows. `milepost/building/fingerprint.py` computes the same of what it exports: the two change together.
#}
{% macro fingerprint(relation) %}
    {{ return(adapter.dispatch('fingerprint', 'milepost')(relation)) }}
{% endmacro %}

{% macro duckdb__fingerprint(relation) %}
    {% set query %}
        select concat_ws(
            ' ',
            count(*),
            coalesce(sum(cast(hash(contents) as hugeint)), 0),
            coalesce(bit_xor(hash(contents)), 0),
            (select md5(string_agg(column_name || ' ' || column_type, ', ')) from (describe {{ relation }}))
        )
        from {{ relation }} as contents
    {% endset %}
    {{ return(run_query(query).columns[0].values()[0]) }}
{% endmacro %}
