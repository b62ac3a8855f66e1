{#
    What no key, column, feature, view or facts relation may be called: the words that DuckDB or standard Spark
    reads as SQL. The same words as in `milepost/release/names.py`; a test holds the two equal.
#}
{% macro reserved_words() %}
    {{ return((
        'all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by '
        'case cast check collate collation column concurrently constraint create cross current_catalog '
        'current_date current_role current_schema current_time current_timestamp current_user default '
        'deferrable desc describe distinct do else end escape except false fetch filter for foreign '
        'freeze from full glob grant group having ilike in initially inner intersect into is isnull join '
        'lambda lateral leading left like limit localtime localtimestamp minus natural not notnull null '
        'offset on only or order outer overlaps percentile_cont percentile_disc pivot pivot_longer '
        'pivot_wider placing positional primary qualify references returning right select semi '
        'session_user show similar some summarize symmetric table tablesample then time to trailing true '
        'union unique unknown unpack unpivot user using variadic verbose when where window with within '
    ).split()) }}
{% endmacro %}
