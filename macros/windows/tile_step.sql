{#
    The grid step at which the facts of a tile enter, in SQL, with its name. An offset is a number of steps after which a fact
    enters or leaves a window. Facts that pass no offset within a batch are in the same windows at each of its steps: they are
    one tile, which enters at the earliest step of which this is true. So are facts that left these windows before the batch,
    which it reads for open windows and for `standing`.

    facts: as `window_plan` gives them.
    steps: as `batch_steps` gives them.
#}
{% macro tile_step(facts, steps) %}
    {% set step = 'milepost__enters_step' %}
    {% if steps.opening is none %}{{ return(step) }}{% endif %}
    {% set first, last, cases = steps.opening + 1, steps.end - 1, [] %}
    {% for offset in facts.offsets %}
        {% set begins, ends = last - offset + 1, first - loop.previtem | default(0) - 1 %}
        {% if begins < ends %}
            {# Most facts are between the longest offsets, and are asked first. #}
            {% do cases.insert(0, 'when ' ~ step ~ ' between ' ~ begins ~ ' and ' ~ ends ~ ' then ' ~ begins) %}
        {% endif %}
    {% endfor %}
    {% set oldest = first - facts.offsets | max | default(0) - 1 %}
    {% do cases.append('when ' ~ step ~ ' < ' ~ oldest ~ ' then ' ~ oldest) %}
    {% set indented = '\n            ' %}
    {{ return(
        'case' ~ indented ~ (cases + ['else ' ~ step]) | join(indented) ~ '\n        end as ' ~ step
    ) }}
{% endmacro %}

{#
    The grid step at which the facts of a tile are superseded, in SQL, with its name. In a batch, what is superseded before it
    is as if at its opening, and what is superseded after it stands.

    steps: as `batch_steps` gives them.
#}
{% macro superseded_tile_step(steps) %}
    {% set step = 'milepost__superseded_step' %}
    {{ return(
        step if steps.opening is none
        else 'case when ' ~ step ~ ' < ' ~ steps.end ~ ' then greatest(' ~ step ~ ', ' ~ steps.opening ~ ') end as ' ~ step
    ) }}
{% endmacro %}
