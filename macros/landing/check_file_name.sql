{#
    Stops where a file has a sign in its name that means other files on the engine.

    uri: the file.
    signs: a pattern that finds such a sign.
#}
{% macro check_file_name(uri, signs) %}
    {% if modules.re.search(signs, uri) %}
        {% do exceptions.raise_compiler_error(
            "the file `" ~ uri ~ "` has a sign in its name that means other files on `" ~ adapter.type() ~ "`"
            ~ "\nhint: land it without any of * ? { } [ ] , ` ' \\"
        ) %}
    {% endif %}
{% endmacro %}
