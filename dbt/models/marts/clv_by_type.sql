select signal_type, sport_key, market, {{ clv_figures() }}
from {{ ref('stg_clv_records') }}
group by all
