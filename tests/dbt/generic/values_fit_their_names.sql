-- No data test is rendered here, and the lines of its loops look like lines without an indent.
-- sqlfluff:exclude_rules:LT02,ST06
{#
    Fails for each promise that the name, type or meta of a feature view's column makes and that some
    rows break: a row with the rule, the column, how many rows break it, and a condition that finds them.

    The README lists the rules. Keys, grid and serving delay are those of the view's meta.
#}
{% test values_fit_their_names(model) %}

{%- set view = milepost.tested_view() -%}
{%- set rules = milepost.rules_of_names(view) if view else [] -%}
{%- set keys = (milepost.keys_of(view) if view else []) + ['available_at'] -%}
with

totals as (

    select
        {%- for rule in rules %}
        sum(case when {{ rule.rows_where }} then 1 else 0 end) as row_count_{{ loop.index }},
        {%- endfor %}
        count(*) as row_count
    from {{ model }}

),

repeated as (

    select
        {{ keys | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ keys | join(', ') }}
    having count(*) > 1

),

rules as (

    {%- for rule in rules %}

    select
        {{ loop.index }} as rule_number,
        '{{ rule.rule }}' as rule_name,
        '{{ rule.column }}' as column_name,
        '{{ rule.rows_where | replace("'", "''") }}' as rows_where
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

-- The totals are one row, so that the table is read once, however many rules there are.
row_counts as (

    select
        rules.rule_name,
        rules.column_name,
        case rules.rule_number
            {%- for rule in rules %}
            when {{ loop.index }} then totals.row_count_{{ loop.index }}
            {%- endfor %}
        end as row_count,
        rules.rows_where
    from rules
    cross join totals

    union all

    select
        'is_unique' as rule_name,
        '{{ keys | join(', ') }}' as column_name,
        sum(row_count) as row_count,
        'count(*) over (partition by {{ keys | join(', ') }}) > 1' as rows_where
    from repeated

),

validation_errors as (

    select * from row_counts
    where row_count > 0

)

select * from validation_errors

{% endtest %}
