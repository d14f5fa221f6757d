select event_id, period, status, home_score, away_score, received_at
from {{ source('lake', 'results') }}
where is_current
