{#
    From when the windows of each feature of a view are full, and the first instant at which it is no
    longer built: `{'complete_from': {feature: instant}, 'built_through': instant}`, instants as text.

    view: the node of a feature view. Where this database has not built it, each feature looks back as
    far as the view does, and it is built as far as landing dates are closed.
#}
{% macro built_range(view) %}
    {% set record = milepost.batch_record(view.unique_id) %}
    {{ return(milepost.ask('built_range', {
        'view_id': view.unique_id,
        'raw_logs': milepost.raw_logs(),
        'built_to': record.get('built_to'),
        'look_backs': record.get('look_backs', {}),
    })) }}
{% endmacro %}
