"""The folder of all state."""

from collections.abc import Iterator

from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.doctor.rights import withheld
from warehouse.settings import Settings


def look_at_home(settings: Settings) -> Iterator[Finding]:
    """The folder of all state, which has to be there and to be written to."""
    home = settings.home
    other = "Or name another folder with STRATUM_HOME."
    if not home.exists():
        yield Finding("home", "fault", f"there is no folder {home}", f"Make it and fill it with: stratum run. {other}")
    elif not home.is_dir():
        yield Finding("home", "fault", f"{home} is no folder", f"Move it away. {other}")
    elif missing := withheld(home):
        yield Finding("home", "fault", f"{home} {missing}", f"Give this user the rights to it. {other}")
    else:
        yield Finding("home", "ok", str(home))
