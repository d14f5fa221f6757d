select
  strategy, source, currency,
  {{ rolled_up() }}
from {{ ref('daily_rollups') }}
group by strategy, source, currency
