select
  source, currency,
  {{ rolled_up() }}
from {{ ref('daily_rollups') }}
group by source, currency
