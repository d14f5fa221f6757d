with moved as (
  select account, source, currency, exit_day as day, profit, cast(0 as bigint) as flow from {{ ref('daily_rollups') }}
  union all
  select account, source, currency, noted_day, 0, amount from {{ ref('stg_equity_points') }} where kind <> 'balance'
),
days as (
  select account, source, currency, day, {{ total('profit') }} as profit, {{ total('flow') }} as flow
  from moved group by all
),
running as (
  select *, cast(sum(profit + flow) over (partition by account, source, currency order by day) as bigint) as closing from days
)
select account, source, currency, day, closing - profit - flow as opening, profit, flow, closing from running
