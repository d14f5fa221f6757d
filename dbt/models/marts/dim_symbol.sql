select
  symbol,
  cast(count(*) as bigint) as n_trades,
  cast(count(*) filter (where trade_type = 'bet') as bigint) as n_bets,
  cast(count(*) filter (where trade_type = 'position') as bigint) as n_positions,
  min(entry_day) as first_entry_day,
  greatest(max(entry_day), max(exit_day)) as last_day
from {{ ref('trades_fact') }}
group by all
