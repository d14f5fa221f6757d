select
  symbol, source, currency,
  {{ rolled_up() }}
from {{ ref('daily_rollups') }}
group by symbol, source, currency
