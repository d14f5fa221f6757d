{# The rows whose columns do not add up to the first one: `total` = the sum of `parts`. #}
{% test adds_up(model, total, parts) %}
select * from {{ model }} where {{ total }} is distinct from {{ parts | join(' + ') }}
{% endtest %}

{# Values that stand more than once in the columns of a key, among all rows. #}
{% test unique_key(model, columns) %}
select {{ columns | join(', ') }}, count(*) as n from {{ model }} group by all having count(*) > 1
{% endtest %}

{#
  Rows built anew whose id stands more than once in the whole mart. Ids are compared by 64-bit hashes first: ten million of
  them fit into memory that way, and the few that agree are then compared whole.
#}
{% test unique_in_all(model, column_name, mart) %}
with hashed as (select hash({{ column_name }}) as h from {{ mart }} where hash({{ column_name }}) in (select hash({{ column_name }}) from {{ model }})),
repeated as (select h from hashed group by h having count(*) > 1)
select {{ column_name }}, count(*) as n
from {{ mart }} where hash({{ column_name }}) in (select h from repeated)
group by all having count(*) > 1
{% endtest %}

{#
  Groups in which the sums of the columns differ from those of another relation; both sides by currency, source and so on.
  A group without anything closed may be missing on one side.
#}
{% test sums_equal(model, of, by, sums, condition='true', part=none) %}
with ours as (
  select {{ by | join(', ') }}{% for name, _ in sums.items() %}, sum({{ name }}) as {{ name }}{% endfor %}
  from {{ model }} group by all
),
theirs as (
  select {{ by | join(', ') }}{% for name, amount in sums.items() %}, sum({{ amount }}) as {{ name }}{% endfor %}
  from {{ of }} where {{ condition }}
  {% if part %} and {{ part }} in (select distinct {{ part }} from {{ model }}){% endif %}
  group by all
)
select * from ((select * from ours except select * from theirs) union all (select * from theirs except select * from ours))
where {% for name in sums %}{{ name }} <> 0{{ " or " if not loop.last }}{% endfor %}
{% endtest %}

{# Rows in which the parts together are more than the whole. #}
{% test at_most(model, most, parts) %}
select * from {{ model }} where {{ parts | join(' + ') }} > {{ most }}
{% endtest %}

{# Closed trades without an end or a result: they would be in no day. #}
{% test closed_trades_have_ended(model) %}
select * from {{ model }} where is_counted and (exit_day is null or profit is null)
{% endtest %}

{# Days that do not begin with what the day before ended with; the first of an account begins with 0. #}
{% test follows_on(model) %}
select * from (
  select *, lag(closing, 1, 0) over (partition by account, source, currency order by day) as before from {{ model }}
) where opening <> before
{% endtest %}

{# Accounts whose last day does not end at the sum of everything. #}
{% test ends_at_the_sum(model) %}
select account, source, currency from {{ model }}
group by all having arg_max(closing, day) <> sum(profit + flow)
{% endtest %}

{# Steps of the funnel that hold more than the step they come from. #}
{% test narrows(model) %}
select * from {{ model }}
where greatest(n_with_entry, n_valued, n_with_result, n_traded) > n_signals or n_beat_close > n_valued
  or n_settled > n_traded or n_won > n_settled or greatest(n_traded_by_bot, n_traded_by_hand, n_traded_on_paper) > n_traded
{% endtest %}

{# The difference between the signals of the funnel and those of the lake. #}
{% test counts_every_signal(model) %}
select * from (
  select (select coalesce(sum(n_signals), 0) from {{ model }}) as counted, (select count(*) from {{ ref('stg_signals') }}) as stored
) where counted <> stored
{% endtest %}

{# Rows that lack one of the columns that every row has. One test of all of them: each test is a query of its own. #}
{% test not_null_in(model, columns) %}
select * from {{ model }} where {% for name in columns %}{{ name }} is null{{ " or " if not loop.last }}{% endfor %}
{% endtest %}
