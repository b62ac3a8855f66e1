"""What dbt knows of the project: its catalogue, the code of each table, what was built."""
