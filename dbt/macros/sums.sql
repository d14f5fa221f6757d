{# Sums of 64-bit money are taken in 128 bits and must fit 64 again: an overflow is an error, never a wrong figure. #}
{% macro total(amount) -%}
  cast(coalesce(sum({{ amount }}), 0) as bigint)
{%- endmacro %}

{# What every rollup of `daily_rollups` adds up, and what follows from the sums. #}
{% macro rolled_up() -%}
  cast(count(distinct exit_day) as bigint) as n_days,
  min(exit_day) as first_day,
  max(exit_day) as last_day,
  {{ total('n') }} as n,
  {{ total('n_won') }} as n_won,
  {{ total('n_lost') }} as n_lost,
  {{ total('n_even') }} as n_even,
  {{ total('profit') }} as profit,
  {{ total('gross_profit') }} as gross_profit,
  {{ total('gross_loss') }} as gross_loss,
  {{ total('stake') }} as stake,
  {{ total('fees') }} as fees,
  {{ ratio(total('n_won'), total('n_won') ~ ' + ' ~ total('n_lost')) }} as win_rate,
  {{ ratio(total('gross_profit'), total('gross_loss')) }} as profit_factor,
  {{ ratio(total('profit'), total('n')) }} as expectancy,
  {{ ratio(total('profit'), total('stake')) }} as yield_on_stake
{%- endmacro %}

{# A quotient of whole numbers; null where there is nothing to divide by. #}
{% macro ratio(above, below) -%}
  cast({{ above }} as double) / nullif(cast({{ below }} as double), 0)
{%- endmacro %}

{# What clv_by_book, clv_by_type and clv_by_time_bucket add up; the order makes the same records give the same bits. #}
{% macro clv_figures() -%}
  count(*) as n,
  cast(count(distinct event_id) as bigint) as n_events,
  cast(count(*) filter (where beat_close is null) as bigint) as n_ties,
  cast(count(*) filter (where beat_close) as bigint) as n_beat,
  {{ ratio('count(*) filter (where beat_close)', 'count(beat_close)') }} as beat_rate,
  sum(clv_points order by signal_id) / count(clv_points) as clv_points_mean,
  sum(clv_prob order by signal_id) / count(clv_prob) as clv_prob_mean,
  sum(clv_ev order by signal_id) / count(clv_ev) as clv_ev_mean
{%- endmacro %}
