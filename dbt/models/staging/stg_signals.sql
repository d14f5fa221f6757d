select
  signal_id, signal_type, rule_version, event_id, sport_key, market, outcome, detected_at, commence_at, time_bucket,
  entry_bookmaker, entry_price_decimal, priority, is_structural_core,
  cast(date_trunc('month', {{ local_day('detected_at') }}) as date) as detected_month
from {{ source('lake', 'signals') }}
