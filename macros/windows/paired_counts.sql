{#
    Lets two counts of the same facts share a column of the totals, which have half as many columns then: the one
    counts in units of 2^32. The running total of such a pair is that of both counts, and so is a difference of two.
    The total of 2^31 facts of a key is beyond BIGINT, which stops the query before a count reaches into the other.

    The sums of the series, as `series_sums` gives them, are changed: `enters` and `leaves` are the pair's column, and
    `difference` what it is called in a series. `pair` has the columns of both counts, `part` says which of them it is.

    all_series: as `window_series` gives them.
#}
{% macro paired_counts(all_series) %}
    {% for label, of_facts in all_series | selectattr('is_totalled') | groupby('label') %}
        {% set counts = [] %}
        {% for sum in of_facts | map(attribute='sums') | sum(start=[]) if sum.is_count and sum.enters not in counts %}
            {% do counts.append(sum.enters) %}
        {% endfor %}
        {% for pair in counts | batch(2) if pair | length == 2 %}
            {% set kind = {'kind': 'pair' ~ loop.index} %}
            {% for series in of_facts %}{% for sum in series.sums if sum.enters in pair %}
                {% do sum.update({'pair': pair, 'part': pair.index(sum.enters)}) %}
                {% do sum.update({
                    'enters': milepost.measure_name(kind, label),
                    'leaves': milepost.measure_name(kind, label),
                    'difference': milepost.measure_name(kind, series.name),
                }) %}
            {% endfor %}{% endfor %}
        {% endfor %}
    {% endfor %}
{% endmacro %}

{#
    Two counts as one BIGINT, in SQL. A count of 2^31 or more stops the query.

    pair: the columns of both; no count of the second is above that of the facts, which the first pair begins with.
#}
{% macro pair_of(pair) %}
    {{ return(adapter.dispatch('pair_of', 'milepost')(pair)) }}
{% endmacro %}

{# Spark and Databricks, where a product beyond BIGINT is another number without ANSI mode. #}
{% macro default__pair_of(pair) %}
    {{ return(
        'case when ' ~ pair[0] ~ ' < 2147483648 then ' ~ milepost.duckdb__pair_of(pair) ~ ' else '
        ~ milepost.fail(milepost.too_many_facts()) ~ ' end'
    ) }}
{% endmacro %}

{% macro duckdb__pair_of(pair) %}
    {{ return(pair[0] ~ ' * 4294967296 + ' ~ pair[1]) }}
{% endmacro %}

{#
    The running total of a pair, in SQL, over the window `milepost__so_far`. One of 2^31 facts or more stops the query.

    column: the pair's.
#}
{% macro total_of_pair(column) %}
    {{ return(adapter.dispatch('total_of_pair', 'milepost')(column)) }}
{% endmacro %}

{# Spark and Databricks, where a sum beyond BIGINT is another number without ANSI mode. #}
{% macro default__total_of_pair(column) %}
    {% set total = 'sum(cast(' ~ column ~ ' as decimal(19, 0))) over milepost__so_far' %}
    {{ return(
        'case when ' ~ total ~ ' <= 9223372036854775807 then cast(' ~ total ~ ' as bigint) else '
        ~ milepost.fail(milepost.too_many_facts()) ~ ' end'
    ) }}
{% endmacro %}

{% macro duckdb__total_of_pair(column) %}
    {{ return('cast(sum(' ~ column ~ ') over milepost__so_far as bigint)') }}
{% endmacro %}

{# What the error of a key with too many facts says. #}
{% macro too_many_facts() %}
    {{ return("trailing_features: a key has 2^31 facts or more\nhint: give it more keys") }}
{% endmacro %}

{#
    The sum of the facts that stand in a window, in SQL: the difference of two totals, or one of both counts in it.

    sum: as `series_sums` gives it.
#}
{% macro standing_sum(sum) %}
    {% set difference = 'milepost__standing_facts.' ~ sum.difference %}
    {% set second = '(' ~ difference ~ ' & 4294967295)' %}
    {% set first = 'cast((' ~ difference ~ ' - ' ~ second ~ ') / 4294967296 as bigint)' %}
    {{ return([first, second][sum.part] if 'pair' in sum else difference) }}
{% endmacro %}
