"""Dispatchers are killed while they deliver: nothing is lost, and what arrives twice carries the id it had."""

import os
from collections import Counter
from pathlib import Path

from tests.dispatcher.process import dispatched, start_dispatcher
from tests.dispatcher.workbench import SERVER_SECRET, Workbench, run_with
from warehouse.database import Database

KILLS = int(os.environ.get("STRATUM_TEST_KILLS", "3"))
PER_KILL = 200


def test_killing_dispatchers_loses_nothing_and_what_comes_twice_has_the_same_id(
    database: Database, tmp_path: Path
) -> None:
    environ = {
        "STRATUM_HOME": str(tmp_path),
        "STRATUM_DATABASE_URL": database.url,
        "STRATUM_API_SECRET": SERVER_SECRET,
        "STRATUM_WEBHOOK_ALLOWED_HOSTS": "127.0.0.1",
        "STRATUM_DISPATCH_CLAIM_SECONDS": "3",
    }
    log = tmp_path / "log"

    async def work(bench: Workbench) -> None:
        bench.register()
        bench.receiver.answer = lambda _: 0.02
        written: list[str] = []
        for turn in range(KILLS):
            process = start_dispatcher(environ, log)
            written += bench.write(*(f"{turn}-{i}" for i in range(PER_KILL)))
            before = len(bench.receiver.requests)
            # In the middle of what was just written, with requests on their way.
            await bench.until(lambda n=before: len(bench.receiver.requests) >= n + PER_KILL // 4, 60)
            process.kill()
            process.wait()
        with dispatched(environ, log):
            await bench.until(
                lambda: len({one.headers["webhook-id"] for one in bench.receiver.requests}) == len(written), 60
            )
            await bench.until(lambda: bench.delivered() == len(written), 60)
        arrived = Counter(one.headers["webhook-id"] for one in bench.receiver.requests)
        assert set(arrived) == set(written), "everything arrived, and nothing that was not written"
        bodies = {(one.headers["webhook-id"], one.body) for one in bench.receiver.requests}
        assert len(bodies) == len(written), "what came twice was the same"
        # Sent and not yet recorded when its dispatcher was killed: at most what it had claimed.
        assert sum(arrived.values()) - len(written) <= 50 * KILLS

    run_with(database, work)
