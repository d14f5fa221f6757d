"""The application with one more endpoint, a billable one that does nothing: what metering is tested and measured with."""

import os

import msgspec
from litestar import Controller

import stratum_api.app
from stratum_api.access import Access
from stratum_api.door import Door
from stratum_api.routes import Visiting, reads
from stratum_api.scopes import INTEL_READ


class Served(msgspec.Struct):
    """Which process answered, and whom."""

    pid: int
    key_id: str


class PaidController(Controller):
    """A billable endpoint, and one that fails."""

    path = "/api/v1/paid"

    @reads("/", "getPaid", Access(INTEL_READ, is_billable=True), sync_to_thread=False)
    def paid(self, visit: Visiting) -> Served:
        """Who answered."""
        return Served(os.getpid(), visit.visitor.key_id)

    @reads("/broken", "getBroken", Access(INTEL_READ, is_billable=True), sync_to_thread=False)
    def broken(self) -> Served:
        """Fails."""
        raise RuntimeError("on purpose")


def with_paid() -> tuple[type[Controller], ...]:
    """Every controller, and the paid one."""
    return (*stratum_api.app.CONTROLLERS, PaidController)


def serve_app() -> Door:
    """The application as the environment describes it, in a process of its own."""
    stratum_api.app.CONTROLLERS = with_paid()
    return stratum_api.app.serve_app()
