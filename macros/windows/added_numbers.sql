{#
    The numbers that features add up of their facts, one for each value and number of decimals: a list of `{'feature',
    'number', 'short', 'is_squared'}`. `number` and `short` are columns: of the number itself, and of the same where it has
    few digits, see `short_number`. A `total` asks of its values that they are whole.

    features: as `parse_features` gives them.
#}
{% macro added_numbers(features) %}
    {% set numbers = {} %}
    {% for feature in features if feature.aggregate in ['total', 'sum', 'mean', 'stddev'] %}
        {% set column = milepost.measure_name({'kind': 'number' ~ feature.decimals, 'column': feature.value}) %}
        {% set number = numbers.setdefault(column, {'feature': feature, 'number': column, 'is_squared': false}) %}
        {% do number.update({'short': milepost.measure_name({'kind': 'short' ~ feature.decimals, 'column': feature.value})}) %}
        {% if feature.aggregate == 'total' %}{% do number.update({'feature': feature}) %}{% endif %}
        {% if feature.aggregate == 'stddev' %}{% do number.update({'is_squared': true}) %}{% endif %}
    {% endfor %}
    {{ return(numbers.values() | list) }}
{% endmacro %}
