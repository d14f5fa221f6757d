select
  cast(date_trunc('month', exit_day) as date) as exit_month, signal_id, source, currency,
  cast(count(*) filter (where status = 'open') as bigint) as n_open,
  cast(count(*) filter (where status in ('void', 'cancelled')) as bigint) as n_void,
  cast(count(*) filter (where is_counted) as bigint) as n,
  cast(count(*) filter (where result = 'won') as bigint) as n_won,
  cast(count(*) filter (where result = 'lost') as bigint) as n_lost,
  cast(count(*) filter (where result = 'even') as bigint) as n_even,
  cast(coalesce(sum(profit) filter (where is_counted), 0) as bigint) as profit,
  cast(coalesce(sum(stake) filter (where is_counted), 0) as bigint) as stake,
  min(entry_at) as first_entry_at,
  cast(count(entry_price) as bigint) as n_priced,
  cast(sum(cast(entry_price as decimal(18, 6))) as double) as entry_price_sum
from {{ ref('trades_fact') }}
group by all
