with traded as (
  select
    signal_id,
    bool_or(source = 'bot') as by_bot, bool_or(source = 'manual') as by_hand, bool_or(source = 'paper') as on_paper,
    sum(n) > 0 as is_settled, sum(n_won) > 0 as has_won
  from {{ ref('signal_trades') }} where signal_id <> '' and source <> 'backtest'
  group by signal_id
),
ended as (
  select distinct event_id from {{ ref('stg_results') }} where status = 'final'
)
select
  s.detected_month, s.signal_type, s.sport_key, s.market,
  cast(count(*) as bigint) as n_signals,
  cast(count(s.entry_price_decimal) as bigint) as n_with_entry,
  cast(count(c.signal_id) as bigint) as n_valued,
  cast(count(*) filter (where c.beat_close) as bigint) as n_beat_close,
  cast(count(e.event_id) as bigint) as n_with_result,
  cast(count(t.signal_id) as bigint) as n_traded,
  cast(count(*) filter (where t.by_bot) as bigint) as n_traded_by_bot,
  cast(count(*) filter (where t.by_hand) as bigint) as n_traded_by_hand,
  cast(count(*) filter (where t.on_paper) as bigint) as n_traded_on_paper,
  cast(count(*) filter (where t.is_settled) as bigint) as n_settled,
  cast(count(*) filter (where t.has_won) as bigint) as n_won
from {{ ref('stg_signals') }} as s
left join {{ ref('stg_clv_records') }} as c using (signal_id)
left join traded as t using (signal_id)
left join ended as e on e.event_id = s.event_id
group by all
