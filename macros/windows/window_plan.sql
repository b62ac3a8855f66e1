{#
    What the SQL of some windows consists of: `{'series', 'facts', 'groups', 'columns', 'steps', 'only_step',
    'has_changing_keys', 'is_totalled', 'totals', 'offsets', 'longest', 'read_before'}`.

    series: as `window_series` gives them. A batch totals none: it would read the whole past.
    facts: one for each facts relation, `{'relation', 'label', 'series', 'tiled_series', 'tiles', 'is_totalled', 'offsets',
        'has_instants'}`.
        `tiled_series` are those whose facts are added up in tiles, see `fact_tiles`, and `tiles` has the columns of these,
        `{column: sql}`; `offsets` the numbers of steps after which a fact enters or leaves a window of these. `is_totalled` says
        whether running totals are made of the tiles, `has_instants` whether a batch finds their steps by the instants of the facts.
    groups: the facts that are counted by their stays, for each facts relation those of open facts apart,
        `{'name', 'label', 'series', 'has_tiles', 'only_superseded', 'distincts'}`. With `has_tiles` the stays are those of
        tiles, else of facts. Where facts are totalled, only their superseded versions and their long values are counted by
        stays. `distincts` has `{'name', 'column', 'series'}` for each column whose
        distinct values some series count that begin alike.
    columns: the columns of `milepost__balances` and `milepost__instants`, all that is added up.
    steps: the batch, as `batch_steps` gives it.
    only_step: its step, where it has one; else none.
    has_changing_keys: whether it takes only the facts of keys that may have a row in it.
    is_totalled: whether some facts are totalled.
    totals: what is summed up along its key, `{column: {'label', 'is_pair', 'sql'}}`: of which facts, whether
        it is two counts in one column, and what it is of a tile.
    offsets: the numbers of steps after which a tile of any facts enters or leaves a window.
    longest: the last of them; 0 where there is none, as with facts that are in until they are superseded.
    read_before: for each offset the columns of the totals that are read so many steps earlier.

    features: as `parse_features` gives them.
#}
{% macro window_plan(keys, features, grid, batch) %}
    {% set all_series = milepost.window_series(features, grid, is_batch=batch.start is not none) %}
    {% set steps = milepost.batch_steps(batch, grid) %}
    {% set plan = {
        'series': all_series,
        'facts': [],
        'groups': [],
        'columns': [],
        'steps': steps,
        'only_step': steps.opening + 1 if steps.opening is not none and steps.end == steps.opening + 2 else none,
        'has_changing_keys': false,
        'is_totalled': all_series | selectattr('is_totalled') | list | length > 0,
        'totals': {},
        'offsets': [],
        'longest': 0,
        'read_before': {},
    } %}
    {% if batch.start is not none %}
        {# Facts that are read again after their tiles are made cost more than it saves to leave keys in. #}
        {% set reads_facts_again = all_series | selectattr('held_features') | list or all_series | selectattr('distincts') | list
            or 'open' in all_series | map(attribute='window') %}
        {% set look_back_hours = all_series | map(attribute='look_back_hours') | max %}
        {% do plan.update({
            'has_changing_keys': reads_facts_again or not milepost.most_keys_change(keys, grid, steps, look_back_hours),
        }) %}
    {% endif %}
    {% for series in all_series %}
        {% do plan.columns.extend(series.sums | map(attribute='column')) %}
        {% if series.is_totalled %}{% do plan.offsets.extend([series.back, series.reach]) %}{% endif %}
        {% for sum in series.sums if sum.is_totalled %}
            {% if 'pair' in sum %}
                {% do plan.totals.update({sum.enters: {'label': series.label, 'is_pair': true, 'sql': milepost.pair_of(sum.pair)}}) %}
            {% else %}
                {% for tile in sum.tiles %}
                    {% do plan.totals.update({tile: {'label': series.label, 'is_pair': false, 'sql': 'coalesce(' ~ tile ~ ', 0)'}}) %}
                {% endfor %}
            {% endif %}
            {% for offset, column in [(series.back, sum.enters), (series.reach, sum.leaves)] if offset %}
                {% do plan.read_before.setdefault(offset, {}).update({column: true}) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {% do plan.update({'offsets': plan.offsets | unique | select | sort, 'longest': plan.offsets | max | default(0)}) %}
    {% for label in all_series | map(attribute='label') | unique %}
        {% set of_facts = all_series | selectattr('label', 'equalto', label) | list %}
        {% set is_totalled = of_facts | selectattr('is_totalled') | list | length > 0 %}
        {% set tiled = [] %}
        {% if is_totalled or milepost.has_tiles_without_totals() %}
            {% do tiled.extend(of_facts | rejectattr('window', 'equalto', 'open')) %}
        {% endif %}
        {% set tiles, offsets = {}, [] %}
        {% for series in tiled %}
            {% do offsets.extend([series.back, series.reach]) %}
            {% for sum in series.sums %}{% do tiles.update(sum.tiles) %}{% endfor %}
        {% endfor %}
        {% do plan.facts.append({
            'relation': of_facts[0].facts,
            'label': label,
            'series': of_facts,
            'tiled_series': tiled,
            'tiles': tiles,
            'is_totalled': is_totalled,
            'offsets': offsets | unique | select | sort,
            'has_instants': batch.start is not none and tiled != [] and not plan.has_changing_keys,
        }) %}
        {% for prefix, of_group in [
            ('', of_facts | rejectattr('window', 'equalto', 'open') | list),
            ('open_', of_facts | selectattr('window', 'equalto', 'open') | list),
        ] if of_group %}
            {% set distincts = {} %}
            {% for series in of_group %}{% for column in series.distincts %}
                {% set name = label ~ '_' ~ series.back ~ '_' ~ column %}
                {% do distincts.setdefault(name, {'name': name, 'column': column, 'series': []}).series.append(series) %}
            {% endfor %}{% endfor %}
            {% do plan.groups.append({
                'name': prefix ~ label,
                'label': label,
                'series': of_group,
                'has_tiles': of_group[0] in tiled,
                'only_superseded': of_group[0].is_totalled,
                'distincts': distincts.values() | list,
            }) %}
        {% endfor %}
    {% endfor %}
    {{ return(plan) }}
{% endmacro %}
