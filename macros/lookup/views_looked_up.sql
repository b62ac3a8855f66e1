{# The nodes of the feature views that this model, or the model of this data test, depends on. #}
{% macro views_looked_up() %}
    {% set training_set = graph.nodes[model.attached_node] if model.resource_type == 'test' else model %}
    {% set views = [] %}
    {% for parent_id in training_set.depends_on.nodes %}
        {% if milepost.is_feature_view(graph.nodes.get(parent_id)) %}
            {% do views.append(graph.nodes[parent_id]) %}
        {% endif %}
    {% endfor %}
    {% if not views %}
        {% do exceptions.raise_compiler_error(
            "`" ~ training_set.name ~ "` refers to no feature view"
            ~ "\nhint: only a model that looks up features has instants at which they are built"
        ) %}
    {% endif %}
    {{ return(views) }}
{% endmacro %}
