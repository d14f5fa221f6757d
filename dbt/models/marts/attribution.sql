with followed as (
  select
    t.source, t.currency, t.signal_id,
    case when t.signal_id = '' then '' else coalesce(s.signal_type, 'unknown') end as signal_type,
    min(epoch_us(t.first_entry_at) - epoch_us(s.detected_at)) as delay_us,
    sum(t.n_open) as n_open, sum(t.n_void) as n_void, sum(t.n) as n, sum(t.n_won) as n_won, sum(t.n_lost) as n_lost,
    sum(t.n_even) as n_even, sum(t.profit) as profit, sum(t.stake) as stake,
    sum(case when s.entry_price_decimal is not null then t.n_priced end) as n_priced,
    sum(cast(t.entry_price_sum as decimal(24, 6)) - t.n_priced * cast(s.entry_price_decimal as decimal(18, 6))) as price_gap
  from {{ ref('signal_trades') }} as t
  left join {{ ref('stg_signals') }} as s on s.signal_id = t.signal_id and t.signal_id <> ''
  group by all
)
select
  source, signal_type, currency,
  cast(count(*) filter (where signal_id <> '') as bigint) as n_signals,
  {{ total('n_open') }} as n_open,
  {{ total('n_void') }} as n_void,
  {{ total('n') }} as n,
  {{ total('n_won') }} as n_won,
  {{ total('n_lost') }} as n_lost,
  {{ total('n_even') }} as n_even,
  {{ total('profit') }} as profit,
  {{ total('stake') }} as stake,
  {{ ratio(total('n_won'), total('n_won') ~ ' + ' ~ total('n_lost')) }} as win_rate,
  {{ ratio(total('profit'), total('stake')) }} as yield_on_stake,
  {{ ratio('sum(delay_us)', '1000000 * count(delay_us)') }} as mean_delay_s,
  {{ ratio('sum(price_gap)', 'sum(n_priced)') }} as mean_price_gap
from followed
group by source, signal_type, currency
