{#
    Lets two counts of the same facts share a column of the totals, which have fewer columns then: the first counts in
    units of 2^32. The running total of such a pair is that of both counts, and so is a difference of two.

    The second is never above the first: it counts the trues of the values that the first counts, or some of all facts.
    So 2^31 facts of a key stop the query before a count reaches into the other.

    The sums of the series, as `series_sums` gives them, are changed: `enters` and `leaves` are the pair's column, and
    `difference` what it is called in a series. `pair` has the columns of both counts, `part` says which of them it is.

    all_series: as `window_series` gives them.
#}
{% macro paired_counts(all_series) %}
    {% for label, of_facts in all_series | selectattr('is_totalled') | groupby('label') %}
        {% set measures, pairs = [], [] %}
        {% for measure in of_facts | map(attribute='measures') | sum(start=[]) if measure not in measures %}
            {% do measures.append(measure) %}
        {% endfor %}
        {% set trues = measures | selectattr('kind', 'equalto', 'trues') | list %}
        {% for measure in trues %}
            {% do pairs.append([{'kind': 'count', 'column': measure.column}, measure]) %}
        {% endfor %}
        {% set counts = measures | selectattr('kind', 'equalto', 'count') | rejectattr('column', 'in', trues | map(attribute='column') | list) | list %}
        {% for facts in measures if facts.kind == 'facts' and counts %}
            {% do pairs.append([facts, counts[0]]) %}
        {% endfor %}
        {% for first, second in pairs %}
            {% set kind = {'kind': 'pair' ~ loop.index} %}
            {% set pair = [milepost.measure_name(first, label), milepost.measure_name(second, label)] %}
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
    Two counts of a tile as one BIGINT, in SQL. Where the first is 2^31 or more, it stops the query.

    pair: the columns of both.
#}
{% macro pair_of(pair) %}
    {{ return(
        'case when ' ~ pair[0] ~ ' < 2147483648 then ' ~ pair[0] ~ ' * 4294967296 + ' ~ pair[1] ~ ' else '
        ~ milepost.too_many_facts() ~ ' end'
    ) }}
{% endmacro %}

{# The sum of BIGINTs as a wider number, in SQL, without its `over`. #}
{% macro wide_sum(column) %}
    {{ return(adapter.dispatch('wide_sum', 'milepost')(column)) }}
{% endmacro %}

{# Spark and Databricks, where a sum of BIGINTs is one, and beyond it another number without ANSI mode. #}
{% macro default__wide_sum(column) %}
    {{ return('sum(cast(' ~ column ~ ' as decimal(19, 0)))') }}
{% endmacro %}

{% macro duckdb__wide_sum(column) %}
    {{ return('sum(' ~ column ~ ')') }}
{% endmacro %}

{# Stops the query at a key with too many facts, in SQL. #}
{% macro too_many_facts() %}
    {{ return(milepost.fail("trailing_features: a key has 2^31 facts or more\nhint: give it more keys")) }}
{% endmacro %}

{#
    The sum of the facts that stand in a window, in SQL: the difference of two totals, or one of both counts in it.

    sum: as `series_sums` gives it.
#}
{% macro standing_sum(sum) %}
    {% set difference = 'milepost__standing_facts.' ~ sum.difference %}
    {{ return(
        [milepost.first_of_pair(difference), '(' ~ difference ~ ' & 4294967295)'][sum.part] if 'pair' in sum else difference
    ) }}
{% endmacro %}

{# The first count of a pair, in SQL. #}
{% macro first_of_pair(pair) %}
    {{ return(adapter.dispatch('first_of_pair', 'milepost')(pair)) }}
{% endmacro %}

{# Spark and Databricks, which have no operator for it. #}
{% macro default__first_of_pair(pair) %}
    {{ return('shiftright(' ~ pair ~ ', 32)') }}
{% endmacro %}

{% macro duckdb__first_of_pair(pair) %}
    {{ return('(' ~ pair ~ ' >> 32)') }}
{% endmacro %}
