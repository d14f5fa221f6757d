select s.entry_bookmaker as bookmaker, c.signal_type, {{ clv_figures() }}
from (select * from {{ ref('stg_clv_records') }}) as c
join (select signal_id, entry_bookmaker from {{ ref('stg_signals') }} where entry_bookmaker is not null) as s using (signal_id)
group by all
