{#
    Whether a stay is in a window at all, in SQL. What is asked of the columns of a GROUP BY alone, DuckDB asks of each
    fact before it groups them, which takes as long as to group them.

    group: as `window_plan` gives it.
    enters, leaves: the columns of its steps.
#}
{% macro is_in_window(group, enters, leaves) %}
    {% set is_in_window = leaves ~ ' > ' ~ enters %}
    {{ return(is_in_window if group.only_superseded else 'case when milepost__fact_count > 0 then ' ~ is_in_window ~ ' end') }}
{% endmacro %}
