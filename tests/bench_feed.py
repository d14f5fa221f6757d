"""How many pages of the feed (50 signals) a server gives, beside a bare handler that runs the same statement on the raw driver.

`python -m tests.bench_feed` serves both with two workers, on SQLite and on PostgreSQL, and asks them by turns with `wrk` (64 connections, one
thread); `STRATUM_BENCH_SECONDS` is how long each turn lasts. The server checks a key, counts the request against its minute and meters it.
"""

import datetime as dt
import hashlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import polars as pl

from stratum_api.key_desk import KeyDesk
from stratum_api.scopes import SCOPES
from stratum_api.server_secret import server_secret
from tests.api.conftest import make_account
from tests.api.seeded_market import rows
from tests.api.server import served
from tests.postgres import fresh_database
from warehouse.database import Database, Keys, MarketStore
from warehouse.settings import read_settings
from warehouse.tables import TIME, Consensus, Events, Signals

SIGNALS = 20_000
WORKERS = 2
CONNECTIONS = 64
ROUNDS = 3
SECONDS = int(os.environ.get("STRATUM_BENCH_SECONDS", "8"))
SERVE = (sys.executable, "-c", "from stratum_api.commands.serve import serve_command; serve_command()")
BARE = (
    *(
        sys.executable,
        "-m",
        "uvicorn",
        "tests.bench_feed_bare:serve",
        "--factory",
        "--loop",
        "uvloop",
        "--http",
        "httptools",
    ),
    *("--no-access-log", "--log-level", "warning"),
)
# About as long as what explains a signal of the recorded seasons.
META = (
    '{"strength":{"breadth":25.0,"size":32.0,"speed":14.0},"book_age_s":{'
    + ",".join(f'"book_{number}":{number}.25' for number in range(12))
    + '},"moves":['
    + ",".join(f'{{"book":"book_{number}","from":-2.5,"to":-3.5}}' for number in range(8))
    + "]}"
)


def prepare(environ: dict[str, str]) -> str:
    """Signals of a month and a key without a limit that could be reached; gives the key."""
    storage = read_settings(environ)
    with Database(storage.database_url) as database:
        database.migrate()
        now = dt.datetime.now(dt.UTC)
        one = rows(Signals, now, False, meta=META, sport_key="americanfootball_nfl", market="spreads")
        nothing = {table: pl.DataFrame(schema=table.schema()) for table in (Events, Consensus)}
        number = pl.int_range(SIGNALS, eager=True)
        ids = [hashlib.sha256(str(n).encode()).hexdigest()[:32] for n in number]
        frame = pl.concat([one] * SIGNALS).with_columns(
            signal_id=pl.Series(ids),
            detected_at=pl.Series([now - dt.timedelta(minutes=2 * n) for n in number], dtype=TIME),
            composite_score=number % 100 + 0.5,
        )
        for batch in frame.iter_slices(2_000):
            MarketStore(database).publish(events=nothing[Events], consensus=nothing[Consensus], signals=batch, now=now)
        secret = server_secret("", storage.home)
        account = make_account(database, "enterprise", requests_per_minute=60_000_000)
        return KeyDesk(Keys(database), secret, "bench").issue(account, "bench", list(SCOPES), now=now).secret.text


def ask(address: str, key: str) -> tuple[float, float]:
    """Requests a second and the 99th percentile in milliseconds. Whatever is no 200 ends the bench."""
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{SECONDS}s",
        "--latency",
        "-H",
        f"Authorization: Bearer {key}",
        address,
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"bench: not every request was answered.\n{said}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert rate is not None and late is not None, said
    return float(rate[1]), float(late[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[late[2]]


def measure(environ: dict[str, str]) -> None:
    """Both servers by turns, and what one is of the other."""
    engine = "PostgreSQL" if environ.get("STRATUM_DATABASE_URL") else "SQLite"
    key = prepare(environ)
    log = Path(environ["STRATUM_HOME"]) / "server.log"
    found: dict[str, list[tuple[float, float]]] = {"feed": [], "bare": []}
    with (
        served(environ, workers=WORKERS, log=log, command=SERVE) as feed,
        served(environ, workers=WORKERS, log=log.with_name("bare.log"), command=BARE) as floor,
    ):
        addresses = {"feed": f"{feed}/api/v1/intel/signals?limit=50", "bare": f"{floor}/signals"}
        answers = {name: httpx.get(one, headers={"Authorization": f"Bearer {key}"}) for name, one in addresses.items()}
        assert len(answers["feed"].json()["items"]) == len(answers["bare"].json()["items"]) == 50
        for _ in range(ROUNDS):
            for name, address in addresses.items():
                found[name].append(ask(address, key))
    for name, turns in found.items():
        rates, lates = [rate for rate, _ in turns], [late for _, late in turns]
        print(
            f"{engine:11} {name:5} {statistics.median(rates):8,.0f} requests/s (from {min(rates):,.0f} to {max(rates):,.0f})   "
            f"p99 {statistics.median(lates):6.1f} ms   {len(answers[name].content):,} bytes"
        )
    ratios = [one / floor for (one, _), (floor, _) in zip(found["feed"], found["bare"], strict=True)]
    print(f"{engine:11} feed at {statistics.median(ratios):.2f} of bare (from {min(ratios):.2f} to {max(ratios):.2f})")


def main() -> None:
    """Both engines."""
    if shutil.which("wrk") is None:
        sys.exit("bench: wrk is missing; install it (Debian: apt install wrk).")
    print(
        f"{CONNECTIONS} connections, {WORKERS} workers, {SECONDS} s a turn; load of the machine {os.getloadavg()[0]:.1f}"
    )
    # Two servers, the database and wrk share the cores: what is measured is what is left for each.
    with tempfile.TemporaryDirectory() as folder:
        common = {"STRATUM_API_METRICS_PORT": "0", "STRATUM_API_LOG_LEVEL": "warning"}
        measure({**common, "STRATUM_HOME": str(Path(folder) / "sqlite")})
        with fresh_database() as url:
            measure({**common, "STRATUM_HOME": str(Path(folder) / "postgres"), "STRATUM_DATABASE_URL": url})


if __name__ == "__main__":
    main()
