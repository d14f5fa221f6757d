select
  *,
  {{ session_of('entry_at') }} as entry_session,
  {{ time_bucket('entry_at', 'commence_at') }} as time_bucket
from {{ ref('stg_trades') }}
