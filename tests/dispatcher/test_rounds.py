"""Rounds by a clock of the test's own: the breaker's trial is one delivery, whoever makes it; a disabled endpoint gets nothing."""

import datetime as dt
import threading

import pytest

from stratum_api.dispatcher.directory import Directory
from stratum_api.dispatcher.lane import Load
from stratum_api.dispatcher.round import Done, Rounds
from stratum_api.dispatcher.settings import Rules
from stratum_api.dispatcher.verdicts import Sent
from stratum_api.secret_box import SecretBox
from stratum_api.webhook_desk import WebhookDesk
from tests.api.conftest import make_account
from tests.dispatcher.workbench import BOX
from tests.webhook_rows import NOW, SECOND, fan_out_to, write_messages
from warehouse.database import Accounts, Database, Endpoints
from warehouse.database.outbox import Outbox
from warehouse.database.webhooks import EndpointTerms
from warehouse.errors import DatabaseBusy
from warehouse.outbound import DestinationRules, Posted

RULES = Rules(
    retry_s=(0.001,) * 100, breaker_failures=3, breaker_s=10, disable_failures=6, disable_after=dt.timedelta(0)
)


class Turns:
    """Two dispatchers on one database, and one endpoint."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.desk = WebhookDesk(database, BOX, DestinationRules(), "test")
        self.account_id = make_account(database)
        terms = EndpointTerms("https://partner.test/hook", ("signal.detected",))
        self.endpoint_id = self.desk.register(self.account_id, terms, most=5, now=NOW).endpoint.endpoint_id
        self.directory = Directory(database, BOX)
        self.one, self.other = Rounds(database, RULES, seed=1), Rounds(database, RULES, seed=2)

    def turn(self, rounds: Rounds, at: float, *, room: int = 20, answers: dict[int, list[Load]] | None = None) -> Done:
        """A round at so many seconds, after loads were answered with statuses."""
        now = NOW + at * SECOND
        sent = [
            Sent(load.claim, now, 0.0, Posted(status, {}, b""), None, load.is_probe)
            for status, loads in (answers or {}).items()
            for load in loads
        ]
        rooms = {self.endpoint_id: room} if room else {}
        return rounds.run(sent, [], rooms, self.directory.current(now), now)


@pytest.fixture
def turns(database: Database) -> Turns:
    made = Turns(database)
    write_messages(database, *"abcdefgh")
    fan_out_to(database, made.endpoint_id)
    return made


def test_an_open_breaker_is_tried_with_a_single_delivery_by_a_single_dispatcher(turns: Turns) -> None:
    first = turns.turn(turns.one, 0, room=3).loads
    assert len(first) == 3
    assert turns.turn(turns.one, 1, answers={500: first}).loads == [], "it is left alone"
    assert turns.turn(turns.other, 10).loads == []
    (trial,) = turns.turn(turns.one, 11).loads
    assert trial.is_probe
    assert turns.turn(turns.other, 12).loads == [], "one tries, the others wait"
    assert turns.turn(turns.one, 13, answers={500: [trial]}).loads == []
    assert turns.turn(turns.one, 32.9).loads == [], "twenty seconds this time"
    (again,) = turns.turn(turns.other, 33).loads
    assert len(turns.turn(turns.other, 34, answers={200: [again]}).loads) == 7, "it answers: everything goes out"


def test_a_trial_that_never_came_back_is_made_again(turns: Turns) -> None:
    turns.turn(turns.one, 1, answers={500: turns.turn(turns.one, 0, room=3).loads})
    assert len(turns.turn(turns.one, 11).loads) == 1
    assert turns.turn(turns.other, 40.9).loads == []
    assert len(turns.turn(turns.other, 41).loads) == 1


def test_what_fails_for_too_long_is_disabled_once_and_told_of(turns: Turns) -> None:
    loads = turns.turn(turns.one, 0, room=6).loads
    done = turns.turn(turns.one, 1, answers={500: loads})
    assert done.disabled == {turns.endpoint_id: "failing"}
    found = Endpoints(turns.database).get(turns.endpoint_id)
    assert (found.terms.is_enabled, found.disabled_reason) == (False, "failing")
    assert [one.topic for one in Outbox(turns.database).after()].count("system.webhook_disabled") == 1
    assert turns.endpoint_id not in turns.directory.current(NOW)


def test_attempts_are_noted_once_also_where_disabling_fails(turns: Turns, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> bool:
        raise DatabaseBusy("The database is locked.", "Run it again.")

    monkeypatch.setattr(Endpoints, "disable", locked)
    done = turns.turn(turns.one, 1, answers={410: turns.turn(turns.one, 0, room=1).loads})
    assert (done.disabled, done.n_recorded, len(done.loads)) == ({}, 1, 7)
    monkeypatch.undo()
    done = turns.turn(turns.one, 2, answers={410: done.loads[:1]})
    assert done.disabled == {turns.endpoint_id: "gone"}, "the next attempt leads there again"


def test_what_was_sent_before_an_endpoint_was_changed_says_nothing_about_it(turns: Turns) -> None:
    loads = turns.turn(turns.one, 0, room=6).loads
    turns.desk.change(turns.endpoint_id, {"url": "https://partner.test/new"}, now=NOW + 2 * SECOND)
    done = turns.turn(turns.one, 1, answers={500: loads[:5], 410: loads[5:]})
    assert done.disabled == {} and done.n_recorded == 6
    assert len(done.loads) == 2, "and it is not left alone: what was never tried goes out"


def test_dispatchers_that_judge_endpoints_with_rates_do_not_lock_each_other_out(turns: Turns) -> None:
    other = turns.desk.register(
        turns.account_id, EndpointTerms("https://partner.test/", ("signal.detected",)), most=5, now=NOW
    ).endpoint.endpoint_id
    for endpoint_id in (turns.endpoint_id, other):
        turns.desk.change(endpoint_id, {"rate_per_s": 1000.0}, now=NOW)
    write_messages(turns.database, "x", "y")
    fan_out_to(turns.database, turns.endpoint_id, other)
    first, last = sorted((turns.endpoint_id, other))
    recipients = turns.directory.current(NOW)
    both = dict.fromkeys(recipients, 1)
    loads = turns.one.run([], [], dict.fromkeys(recipients, 8), recipients, NOW).loads
    failures: list[Exception] = []

    def fail(rounds: Rounds, endpoint_id: str) -> None:
        mine = [load for load in loads if load.claim.endpoint_id == endpoint_id]
        try:
            for i in range(100):
                sent = Sent(mine[i % len(mine)].claim, NOW, 0.0, Posted(500, {}, b""), None)
                rounds.run([sent], [], both, recipients, NOW + 20 * i * SECOND)
        except DatabaseBusy as error:
            failures.append(error)

    threads = [
        threading.Thread(target=fail, args=(rounds, name)) for rounds, name in ((turns.one, last), (turns.other, first))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_what_lost_its_message_counts_as_given_up(turns: Turns) -> None:
    with turns.database.begin() as connection:
        connection.exec_driver_sql("delete from outbox")
    done = turns.turn(turns.one, 0, room=3)
    assert (done.loads, done.n_dead) == ([], 3)


def test_only_accounts_in_good_standing_whose_plan_includes_it_get_messages(turns: Turns) -> None:
    database = turns.database
    assert list(turns.directory.current(NOW)) == [turns.endpoint_id]
    Accounts(database).set_status(turns.account_id, "suspended", actor="test", now=NOW)
    assert turns.directory.current(NOW) == {}
    Accounts(database).set_status(turns.account_id, "active", actor="test", now=NOW)
    assert list(turns.directory.current(NOW)) == [turns.endpoint_id]
    for plan, terms in (("community", {"webhooks": 5}), ("pro", {}), ("pro_infra", {"webhooks": 0})):
        entitlement = Accounts(database).get(turns.account_id).entitlement
        assert entitlement is not None
        changed = type(entitlement)(**{**vars(entitlement), "api_plan_code": plan, "terms": terms})
        Accounts(database).entitle(turns.account_id, changed, actor="test", now=NOW)
        assert turns.directory.current(NOW) == {}, plan


def test_an_endpoint_whose_secret_cannot_be_opened_waits_and_loses_nothing(turns: Turns) -> None:
    other = Directory(turns.database, SecretBox(b"another secret of another server"))
    (recipient,) = other.current(NOW).values()
    assert recipient.signer is None and recipient.endpoint.endpoint_id == turns.endpoint_id
