"""A partner's day with the Python client against a real server: who am I, the feed, a trace, an export, the stream over a restart."""

import datetime as dt
import sys
import threading
from pathlib import Path
from queue import Queue
from typing import Any

import polars as pl
import pytest

from stratum_api.client import Refused, Retries, SnapshotNeeded, Stratum, StratumError, ask
from stratum_api.key_desk import KeyDesk
from stratum_api.scopes import SCOPES
from stratum_api.server_secret import server_secret
from tests.api.conftest import make_account
from tests.api.seeded_market import rows
from tests.api.server import free_port, served
from warehouse.database import Database, Keys, MarketStore, OutboxRetention
from warehouse.lake import Lake
from warehouse.settings import read_settings
from warehouse.tables import Consensus, Events, RawOdds, Signals

SERVE = (sys.executable, "-c", "from stratum_api.commands.serve import serve_command; serve_command()")
PATIENT = Retries(attempts=60, first_wait_s=0.05, longest_wait_s=1.0)


class Market:
    """A market that finds a signal whenever it is told to."""

    def __init__(self, environ: dict[str, str]) -> None:
        storage = read_settings(environ)
        self.database = Database(storage.database_url)
        self.lake = Lake(storage.lake_url)
        self.begun = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=30)
        secret = server_secret("", storage.home)
        desk = KeyDesk(Keys(self.database), secret, "test")
        account = make_account(self.database, "pro_infra", requests_per_minute=100_000)
        issued = desk.issue(account, "test", list(SCOPES), now=self.begun)
        self.key, self.key_id = issued.secret.text, issued.secret.key_id

    def finds(self, number: int) -> str:
        """The id of a new signal, announced."""
        at, signal_id = self.begun + dt.timedelta(seconds=number), f"{number:032x}"
        start = {"commence_at": at + dt.timedelta(hours=2), "event_id": "game", "sport_key": "football"}
        about = {**start, "market": "spreads", "outcome": "Home", "meta": "{}", "response_id": f"answer{number}"}
        signals = rows(Signals, at, False, **about, signal_id=signal_id)
        consensus = rows(Consensus, at, False, **start, market="spreads", outcome="Home")
        answers = rows(RawOdds, at, False, response_id=f"answer{number}", body_sha256=f"{number:064x}")
        for table, frame in ((RawOdds, answers), (Signals, signals)):
            self.lake.append(table, frame, batch=str(number))
        MarketStore(self.database).publish(
            events=rows(Events, at, False, **start), consensus=consensus, signals=signals, now=dt.datetime.now(dt.UTC)
        )
        return signal_id


def test_a_partner_follows_the_market_over_a_restart_of_the_server(environ: dict[str, str], tmp_path: Path) -> None:
    market, port = Market(environ), free_port()
    known = [market.finds(number) for number in range(7)]
    came: Queue[Any] = Queue()

    def serving() -> Any:
        return served(environ, workers=1, log=tmp_path / "server.log", command=SERVE, port=port)

    with Stratum(market.key, address=f"http://127.0.0.1:{port}", retries=PATIENT) as stratum:
        with serving():
            account = stratum.send(ask.get_account())
            assert (account.api_plan_code, account.plan.requests_per_minute) == ("pro_infra", 100_000)

            # The feed, newest first, over pages; then what was announced since a place, in its order.
            assert [one.signal_id for one in stratum.each(ask.list_signals(limit=3))] == known[::-1]
            first = stratum.send(ask.list_signals(since_sequence=0, limit=2))
            rest = stratum.send(ask.list_signals(since_sequence=first.sequence))
            assert [one.signal_id for one in first.items + rest.items] == known

            # Down to the bytes.
            trace = stratum.send(ask.get_signal(known[3]))
            assert trace.answer is not None and trace.answer.body_sha256 == f"{3:064x}"

            stratum.save(ask.export_signals(format="parquet"), tmp_path / "signals.parquet")
            assert sorted(pl.read_parquet(tmp_path / "signals.parquet")["signal_id"]) == known

            with pytest.raises(Refused, match="not_found"):
                stratum.send(ask.get_signal("f" * 32))

            follower = threading.Thread(target=follow, args=(market.key, port, rest.sequence, came), daemon=True)
            follower.start()
            later = [market.finds(number) for number in range(7, 12)]
            assert [came.get(timeout=60).subject_id for _ in later] == later

        # While nobody serves, the market goes on.
        later = [market.finds(number) for number in range(12, 17)]
        with serving():
            later += [market.finds(number) for number in range(17, 20)]
            messages = [came.get(timeout=60) for _ in later]
            assert [one.subject_id for one in messages] == later
            assert [one.payload["signal_id"] for one in messages] == later
            usage = stratum.send(ask.get_usage())
            assert usage.used >= 7

            OutboxRetention(market.database).prune(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))
            with pytest.raises(SnapshotNeeded):
                next(stratum.follow(after=1))

            stratum.send(ask.revoke_key(market.key_id))
            ended = came.get(timeout=60)
            assert isinstance(ended, Refused) and ended.status == 401
            follower.join(60)
    market.database.close()


def follow(key: str, port: int, after: int, came: Queue[Any]) -> None:
    """Put what the stream brings into a queue, and what ends it."""
    with Stratum(key, address=f"http://127.0.0.1:{port}", retries=PATIENT) as stratum:
        try:
            for message in stratum.follow(after=after):
                came.put(message)
        except StratumError as error:
            came.put(error)
