{#
    The grid step at which the facts of a tile enter, in SQL, with its name. An offset is a number of steps after which a fact
    enters or leaves a window. Facts that pass no offset within a batch are in the same windows at each of its steps: they are
    one tile, which enters at the earliest step of which this is true. So are facts that left these windows before the batch,
    which it reads for open windows and for `standing`. Where facts have instants, those are compared, and steps are computed of the
    few facts for which no comparison holds: to compute a step takes three times as long.

    facts: as `window_plan` gives them.
    steps: as `batch_steps` gives them.
#}
{% macro tile_step(facts, grid, steps) %}
    {% set step = 'milepost__enters_step' %}
    {% if steps.opening is none %}{{ return(step) }}{% endif %}
    {% set first, last, cases = steps.opening + 1, steps.end - 1, [] %}
    {% for offset in facts.offsets %}
        {% set begins, ends = last - offset + 1, first - loop.previtem | default(0) - 1 %}
        {% if begins < ends %}
            {# Most facts are between the longest offsets, and are asked first. #}
            {% do cases.insert(0, 'when ' ~ milepost.enters_between(facts, begins, ends, grid) ~ ' then ' ~ begins) %}
        {% endif %}
    {% endfor %}
    {% set oldest = first - facts.offsets | max | default(0) - 1 %}
    {% do cases.append('when ' ~ milepost.enters_between(facts, none, oldest - 1, grid) ~ ' then ' ~ oldest) %}
    {% do cases.append('else ' ~ (milepost.grid_step('milepost__known_at', grid) if facts.has_instants else step)) %}
    {% set indented = '\n            ' %}
    {{ return('case' ~ indented ~ cases | join(indented) ~ '\n        end as ' ~ step) }}
{% endmacro %}

{#
    Whether a fact enters between two grid steps, these included, in SQL; by its instant where it has one.

    facts: as `window_plan` gives them.
    begins: a step, or none: then each before `ends`.
    ends: a step.
#}
{% macro enters_between(facts, begins, ends, grid) %}
    {% if not facts.has_instants %}
        {% set step = 'milepost__enters_step' %}
        {{ return(step ~ ' <= ' ~ ends if begins is none else step ~ ' between ' ~ begins ~ ' and ' ~ ends) }}
    {% endif %}
    {% set since = 'milepost__known_at >= ' ~ milepost.grid_instant(begins - 1, grid) ~ ' and ' if begins is not none else '' %}
    {{ return(since ~ 'milepost__known_at < ' ~ milepost.grid_instant(ends, grid)) }}
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
