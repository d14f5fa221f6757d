-- The records that scorecards count: current, against the scheduled close, with a close and an entry.
select
  signal_id, event_id, sport_key, market, signal_type, time_bucket, closed_at, clv_points, clv_prob, clv_ev, beat_close
from {{ source('lake', 'clv_records') }}
where is_current and convention = '{{ var("counted_convention") }}' and quality in ('ok', 'thin')
  and entry_price_decimal is not null and clv_prob is not null
