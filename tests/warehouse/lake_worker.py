"""A process of its own that works on a lake: `python -m tests.warehouse.lake_worker JOB LOCATION …`. Tests start and kill it."""

import os
import signal
import sys
import time
from pathlib import Path

from tests.warehouse.frames import DAY, sample
from warehouse.lake import Lake
from warehouse.lake.partition import Partition
from warehouse.lake.storage import Storage
from warehouse.tables import Polls

ROWS = 20


def write(location: str, first: int, n: int) -> None:
    """Append batches numbered from `first`; print each number once it is safe."""
    lake = Lake(location, max_parts=8)
    for i in range(first, first + n):
        lake.append(Polls, sample(Polls, ROWS, start=i * ROWS), batch=f"b{i}")
        print(i, flush=True)


def compact(location: str, stop: str) -> None:
    """Compact, and replace the day by itself, until the file `stop` appears; print how often it did something."""
    lake = Lake(location)
    n = 0
    while not Path(stop).exists():
        n += lake.compact(Polls, DAY)
        time.sleep(0.005)
    print(n, flush=True)


def die(at: str, location: str) -> None:
    """Write or compact, and be killed at a step of it."""
    lake = Lake(location, max_parts=1000)

    def kill(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if at.startswith("compact"):
        places = {"compact before publishing": (Storage, "write"), "compact before clearing": (Partition, "clear")}
        if at in places:
            owner, name = places[at]
            setattr(type(lake.storage) if owner is Storage else owner, name, kill)
        else:  # in the middle of clearing: some parts are out of sight, some not
            supersede, seen = Storage.supersede, []

            def some(self: Storage, folder: str, name: str) -> None:
                seen.append(name)
                if len(seen) == 3:
                    kill()
                supersede(self, folder, name)

            Storage.supersede = some  # type: ignore[method-assign]
        lake.compact(Polls, DAY)
    else:
        replace = os.replace
        steps = {
            "append before sync": ("fsync", kill),
            "append before rename": ("replace", kill),
            "append after rename": ("replace", lambda a, b: (replace(a, b), kill())),
        }
        name, step = steps[at]
        setattr(os, name, step)
        lake.append(Polls, sample(Polls, ROWS, start=900 * ROWS), batch="b900")
    raise SystemExit("The step to be killed at was never reached.")


if __name__ == "__main__":
    job, *rest = sys.argv[1:]
    if job == "write":
        write(rest[0], int(rest[1]), int(rest[2]))
    elif job == "compact":
        compact(*rest)
    else:
        die(*rest)
