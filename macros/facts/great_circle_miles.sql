{#
    The miles between two places along the surface of the earth: a double. Null where a latitude is beyond
    90 degrees or a longitude beyond 180, which is no place.

    latitude_1, longitude_1, latitude_2, longitude_2: the names of the columns with their degrees.
    Example: `{{ great_circle_miles('origins.latitude', 'origins.longitude', 'stops.latitude', 'stops.longitude') }}`
#}
{% macro great_circle_miles(latitude_1, longitude_1, latitude_2, longitude_2) -%}
case
    when
        abs({{ latitude_1 }}) <= 90 and abs({{ longitude_1 }}) <= 180
        and abs({{ latitude_2 }}) <= 90 and abs({{ longitude_2 }}) <= 180
        then 2 * 3958.8 * asin(sqrt(least(
            1e0,
            power(sin(radians({{ latitude_2 }} - {{ latitude_1 }}) / 2), 2)
            + cos(radians({{ latitude_1 }})) * cos(radians({{ latitude_2 }}))
            * power(sin(radians({{ longitude_2 }} - {{ longitude_1 }}) / 2), 2)
        )))
end
{%- endmacro %}
