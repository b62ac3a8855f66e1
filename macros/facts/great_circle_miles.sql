{#
    The miles between two places along the surface of the earth.

    latitude_1, longitude_1, latitude_2, longitude_2: the names of the columns with their degrees.
    Example: `{{ great_circle_miles('origins.latitude', 'origins.longitude', 'stops.latitude', 'stops.longitude') }}`
#}
{% macro great_circle_miles(latitude_1, longitude_1, latitude_2, longitude_2) -%}
2 * 3958.8 * asin(sqrt(
    power(sin(radians({{ latitude_2 }} - {{ latitude_1 }}) / 2), 2)
    + cos(radians({{ latitude_1 }})) * cos(radians({{ latitude_2 }}))
    * power(sin(radians({{ longitude_2 }} - {{ longitude_1 }}) / 2), 2)
))
{%- endmacro %}
