select time_bucket, signal_type, {{ clv_figures() }}
from {{ ref('stg_clv_records') }}
group by all
