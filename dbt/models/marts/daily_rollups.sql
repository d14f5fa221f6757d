select
  exit_day, account, strategy, symbol, source, currency,
  cast(count(*) as bigint) as n,
  cast(count(*) filter (where profit > 0) as bigint) as n_won,
  cast(count(*) filter (where profit < 0) as bigint) as n_lost,
  cast(count(*) filter (where profit = 0) as bigint) as n_even,
  {{ total('profit') }} as profit,
  cast(coalesce(sum(profit) filter (where profit > 0), 0) as bigint) as gross_profit,
  cast(coalesce(-sum(profit) filter (where profit < 0), 0) as bigint) as gross_loss,
  {{ total('stake') }} as stake,
  {{ total('fees') }} as fees
from {{ ref('trades_fact') }}
where is_counted
group by all
