{#
  A mart is Parquet beside the lake. Which of its parts are out of date, how they are written and when they count is said in
  Python (stratum_pipelines/rollups/building.py): here the compiled query is handed over, and a view of it comes back.
#}
{% materialization mart, adapter='duckdb' %}
  {%- set target = this.incorporate(type='view') -%}
  {% do adapter.store_relation('marts', target, [], this.identifier, 'parquet', {'sql': compiled_code}) %}
  {% call statement('main') -%}
    select 1
  {%- endcall %}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#
  Tests of a mart with many parts look at those that were built anew: what was not touched has passed them before. A full
  build looks at all.
#}
{% macro get_where_subquery(relation) -%}
  {%- if execute and relation.identifier in var('parted') -%}
    {%- do return(api.Relation.create(database=relation.database, schema='rebuilt', identifier=relation.identifier)) -%}
  {%- endif -%}
  {%- do return(relation) -%}
{%- endmacro %}
