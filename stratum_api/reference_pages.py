"""The API's share of the reference: its settings, and the pages that are made from its code."""

import msgspec

from stratum_api.app import endpoints
from stratum_api.client_code import client_code
from stratum_api.dispatcher.settings import SETTINGS as DISPATCH_SETTINGS
from stratum_api.endpoint_page import endpoint_page
from stratum_api.plans import Plan, load_plans
from stratum_api.problem_page import MADE, problem_page
from stratum_api.scopes import SCOPES, USUAL
from stratum_api.settings import SETTINGS as API_SETTINGS
from stratum_api.stream_page import stream_page
from warehouse.settings import Setting

SETTINGS: dict[str, tuple[Setting, ...]] = {"API": API_SETTINGS, "Webhooks": DISPATCH_SETTINGS}


def pages() -> dict[str, str]:
    """Every generated file of the API by its path in the repository."""
    document = endpoints()
    return {
        "docs/reference/endpoints.md": endpoint_page(document),
        "docs/reference/problems.md": problem_page(),
        "docs/reference/plans.md": plan_page(),
        **client_code(document),
        "docs/reference/stream.md": stream_page(),
    }


def plan_page() -> str:
    """The page of plans and scopes."""
    names = [name for name in Plan.__struct_fields__ if name not in ("code", "title")]
    plans = load_plans()
    header = "| | " + " | ".join(plan.title for plan in plans.values()) + " |"
    lines = [header, "| --- |" + " --- |" * len(plans)]
    for name in names:
        values = " | ".join(_shown(msgspec.to_builtins(plan)[name]) for plan in plans.values())
        lines.append(f"| `{name}` | {values} |")
    scopes = [f"| `{scope}` | {'yes' if scope in USUAL else 'no'} | {said} |" for scope, said in SCOPES.items()]
    return "\n".join(
        [
            "# Plans and scopes",
            "",
            MADE,
            "",
            "What each plan includes; `-` is no bound, money is in US cents, `overage_rate` per 1,000 requests. An account may have single",
            (
                "numbers agreed otherwise, when it is made (`stratum accounts create NAME --plan enterprise --soft-limit 5000000 --term "
                "requests_per_minute=6000`) or later (`stratum accounts entitle ACCOUNT --term requests_per_minute=900`)."
            ),
            "",
            (
                "A billing period is billed by the plan, the soft limit and the rate that were in force in it, the last ones where they changed: "
                "a change holds for the period that is running, and never for one that is over."
            ),
            "",
            *lines,
            "",
            "## Scopes",
            "",
            "What a single key may do, within its account's plan.",
            "",
            "| scope | by default | allows |",
            "| --- | --- | --- |",
            *scopes,
            "",
        ]
    )


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
