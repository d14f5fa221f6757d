select
  cast(date_trunc('month', exit_day) as date) as month, source, currency,
  {{ rolled_up() }}
from {{ ref('daily_rollups') }}
group by cast(date_trunc('month', exit_day) as date), source, currency
