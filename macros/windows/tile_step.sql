{#
    The grid step at which the facts of a tile enter, in SQL, with its name. In a batch, facts that are between two offsets
    of their windows at each of its steps are in the same windows there: they enter as if at the first such step.

    facts: as `window_plan` gives them.
    steps: as `batch_steps` gives them.
#}
{% macro tile_step(facts, steps) %}
    {% if steps.opening is none %}{{ return('milepost__enters_step') }}{% endif %}
    {% set first, last, cases = steps.opening + 1, steps.end - 1, [] %}
    {% for offset in facts.offsets %}
        {% set begins, ends = last - offset + 1, first - loop.previtem | default(0) - 1 %}
        {% if begins < ends %}
            {# Most facts are between the longest offsets, and are asked first. #}
            {% do cases.insert(0, 'when milepost__enters_step between ' ~ begins ~ ' and ' ~ ends ~ ' then ' ~ begins) %}
        {% endif %}
    {% endfor %}
    {% if 'standing' in facts.series | map(attribute='window') %}
        {% set oldest = first - facts.offsets | max | default(0) - 1 %}
        {% do cases.insert(0, 'when milepost__enters_step < ' ~ oldest ~ ' then ' ~ oldest) %}
    {% endif %}
    {{ return('case ' ~ cases | join(' ') ~ ' else milepost__enters_step end as milepost__enters_step' if cases else 'milepost__enters_step') }}
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
