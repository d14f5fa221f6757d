select
  equity_point_id, account, source, currency, kind, amount, balance, equity, noted_at,
  {{ local_day('noted_at') }} as noted_day
from {{ source('lake', 'equity_points') }}
