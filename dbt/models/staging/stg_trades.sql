select
  trade_id, setup_id, account, strategy, strategy_version, symbol, timeframe, trade_type, direction, source, status,
  status = 'closed' as is_counted,
  case when status <> 'closed' then null when profit > 0 then 'won' when profit < 0 then 'lost' when profit = 0 then 'even' end as result,
  currency, profit, stake, fees, volume, pips, percent_equity_return, risk_reward_ratio, duration_hours,
  entry_at, exit_at, entry_price, exit_price, exit_reason,
  cast(timezone('UTC', entry_at) as date) as entry_date,
  {{ local_day('entry_at') }} as entry_day,
  {{ local_day('exit_at') }} as exit_day,
  signal_id, event_id, market, outcome, point, bookmaker, commence_at, recorded_at
from {{ source('lake', 'trades') }}
