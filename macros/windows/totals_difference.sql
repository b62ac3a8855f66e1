{#
    What stands in a window, in SQL: a total less what it was before the window, null where nothing was.

    later, earlier: the totals at the end of the window and before its start.
    is_set_back: whether nothing may have been at its end, either.
#}
{% macro totals_difference(later, earlier, is_set_back) %}
    {{ return('coalesce(' ~ later ~ ' - ' ~ earlier ~ ', ' ~ later ~ (', 0' if is_set_back else '') ~ ')') }}
{% endmacro %}
