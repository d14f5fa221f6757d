with span as (
  select min(first_entry_day) as first_day, max(last_day) as last_day from {{ ref('dim_symbol') }}
),
days as (
  select cast(unnest(generate_series(cast(first_day as timestamp), cast(last_day as timestamp), interval 1 day)) as date) as day
  from span where first_day is not null
)
select
  day,
  cast(year(day) as integer) as year,
  cast(quarter(day) as integer) as quarter,
  cast(month(day) as integer) as month,
  cast(date_trunc('month', day) as date) as first_of_month,
  cast(weekofyear(day) as integer) as iso_week,
  cast(isodow(day) as integer) as iso_weekday,
  lower(dayname(day)) as weekday,
  isodow(day) >= 6 as is_weekend,
  timezone('{{ var("zone") }}', cast(day as timestamp)) as starts_at,
  timezone('{{ var("zone") }}', cast(day + 1 as timestamp)) as ends_at,
  (epoch_us(timezone('{{ var("zone") }}', cast(day + 1 as timestamp))) - epoch_us(timezone('{{ var("zone") }}', cast(day as timestamp)))) / 3600000000.0::double as hours
  {%- for session in var('sessions') %},
  case when isodow(day) < 6 then timezone('{{ session.zone }}', cast(day as timestamp) + interval {{ session.opens }} hour) end as {{ session.name }}_opens_at,
  case when isodow(day) < 6 then timezone('{{ session.zone }}', cast(day as timestamp) + interval {{ session.closes }} hour) end as {{ session.name }}_closes_at
  {%- endfor %}
from days
