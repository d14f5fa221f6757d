{# The local day of the configured zone, true to its changes of the clock. #}
{% macro local_day(moment) -%}
  cast(timezone('{{ var("zone") }}', {{ moment }}) as date)
{%- endmacro %}

{# The open sessions at a moment, joined by "+" in their order; "outside" when all are closed. As quant/buckets/sessions.py. #}
{% macro session_of(moment) -%}
  case when {{ moment }} is not null then coalesce(nullif(concat_ws('+'
  {%- for session in var('sessions') %}
  {%- set local = "timezone('" ~ session.zone ~ "', " ~ moment ~ ")" %},
    case when hour({{ local }}) >= {{ session.opens }} and hour({{ local }}) < {{ session.closes }}
      and isodow({{ local }}) < 6 then '{{ session.name }}' end
  {%- endfor %}), ''), 'outside') end
{%- endmacro %}

{# The step of the time to a start, as quant/time_to_start.py: upper ends in minutes, exclusive. #}
{% macro time_bucket(moment, start) -%}
  case when {{ moment }} is null or {{ start }} is null then null
  {%- for end, name in var('time_buckets')[:-1] %}
    when epoch_us({{ start }}) - epoch_us({{ moment }}) < {{ (end * 60000000) | int }} then '{{ name }}'
  {%- endfor %}
    else '{{ var("time_buckets")[-1][1] if var("time_buckets") else "" }}' end
{%- endmacro %}
