"""Whether the server lives, whether it is ready to answer, and what is switched on."""

import msgspec
from litestar import Controller

from stratum_api.access import Access
from stratum_api.problems import Unavailable
from stratum_api.readiness import Check
from stratum_api.routes import Serving, reads

# Probes come without a key, also where anonymous requests are switched off.
PROBE = Access(is_probe=True)


class Alive(msgspec.Struct):
    """The process answers."""

    status: str


class Ready(msgspec.Struct):
    """What was looked at, and how it is."""

    status: str
    checks: list[Check]


class Switches(msgspec.Struct):
    """Every flag, and whether it is on."""

    flags: dict[str, bool]


class HealthController(Controller):
    """Health."""

    path = "/health"
    tags = ("health",)

    @reads("/live", "getLive", PROBE, sync_to_thread=False)
    def live(self) -> Alive:
        """Whether the process answers. Nothing else is looked at."""
        return Alive("alive")

    @reads("/ready", "getReady", PROBE)
    async def ready(self, service: Serving) -> Ready:
        """Whether the database answers with the schema this program knows, how old the newest poll is, and how far dispatcher and stream lag.

        Looked at once a second at most, however often it is asked.
        """
        checks = await service.readiness.look()
        if any(check.status == "failed" for check in checks):
            raise Unavailable("Not ready.", checks=msgspec.to_builtins(checks))
        return Ready("ready", checks)

    @reads("/flags", "getFlags", PROBE, sync_to_thread=False)
    def flags(self, service: Serving) -> Switches:
        """Which parts are switched on."""
        return Switches(service.settings.flags.shown())
