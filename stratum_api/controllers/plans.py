"""The plans, for whoever wants to know what there is."""

import msgspec
from litestar import Controller

from stratum_api.access import PUBLIC
from stratum_api.plans import Plan, load_plans
from stratum_api.routes import reads


class Plans(msgspec.Struct):
    """Every plan."""

    plans: list[Plan]


class PlanController(Controller):
    """Plans."""

    path = "/api/v1/plans"
    tags = ("plans",)

    @reads("/", "listPlans", PUBLIC, sync_to_thread=False)
    def every(self) -> Plans:
        """What each plan includes. Null is no bound; money is in US cents."""
        return Plans(list(load_plans().values()))
