"""Publishing and settling: once and whole, whatever is repeated, late or killed."""

import json
import signal
import subprocess
import sys
import threading

import polars as pl
import psycopg
import pytest
import sqlalchemy as sa
from polars.testing import assert_frame_equal

from tests.warehouse.market_rows import (
    NOON,
    SECOND,
    closing_rows,
    clv_rows,
    consensus_rows,
    event_rows,
    signal_rows,
)
from warehouse.database import Database, MarketStore, Outbox, OutboxRetention, Published
from warehouse.database.operations import outbox
from warehouse.database.outbox import CALLED_OUT, CLV_FINALIZED, SIGNAL_DETECTED, TOPICS, Draft, add_to_outbox, draft
from warehouse.tables import ClosingLines, ClvRecords, Consensus, Events, Signals

NOTHING = {"events": Events.empty(), "consensus": Consensus.empty(), "signals": Signals.empty(), "now": NOON}


@pytest.fixture
def store(database: Database) -> MarketStore:
    return MarketStore(database)


def test_what_is_published_comes_back_as_it_was(store: MarketStore) -> None:
    frames = {
        "events": event_rows("game", "other"),
        "consensus": consensus_rows("game", "other"),
        "signals": signal_rows("s1", "s2"),
    }
    assert store.publish(**frames, now=NOON) == Published(n_signals_new=2, n_outbox_new=2)
    for table, name in ((Events, "events"), (Signals, "signals")):
        assert_frame_equal(store.rows(table), frames[name].sort(table.sort_by()))
    assert_frame_equal(store.rows(Consensus), frames["consensus"].sort(Consensus.sort_by()))
    assert store.rows(Events, event_ids=["other"])["event_id"].to_list() == ["other"]
    assert store.rows(Events, event_ids=[]).is_empty()


def test_publishing_twice_adds_nothing(store: MarketStore) -> None:
    frames = {"events": event_rows("game"), "consensus": consensus_rows("game"), "signals": signal_rows("s1", "s2")}
    store.publish(**frames, now=NOON)
    before = Outbox(store.database).after()
    assert store.publish(**frames, now=NOON + SECOND) == Published(0, 0)
    assert Outbox(store.database).after() == before
    assert store.rows(Signals).height == 2
    both = signal_rows("s2", "s3")
    assert store.publish(**{**NOTHING, "signals": both}) == Published(1, 1)


def test_publishing_nothing_is_allowed(store: MarketStore) -> None:
    assert store.publish(**NOTHING) == Published(0, 0)


def test_a_late_answer_does_not_turn_the_board_back(store: MarketStore) -> None:
    new, old = NOON + 60 * SECOND, NOON
    store.publish(
        **{**NOTHING, "events": event_rows("game", at=new), "consensus": consensus_rows("game", at=new, n_books=9)}
    )
    late = {
        "events": event_rows("game", at=old, status="vanished"),
        "consensus": consensus_rows("game", at=old, n_books=1),
    }
    store.publish(**{**NOTHING, **late})
    assert store.rows(Consensus)["n_books"].to_list() == [9, 9]
    assert store.rows(Events)["status"].to_list() == ["scheduled"]
    corrected = consensus_rows("game", at=new, n_books=7)
    store.publish(**{**NOTHING, "consensus": corrected})
    assert_frame_equal(store.rows(Consensus), corrected.sort(Consensus.sort_by()))


def test_of_several_polls_at_once_the_newest_is_in_force(store: MarketStore) -> None:
    polls = [consensus_rows("game", at=NOON + n * SECOND, n_books=n) for n in (1, 3, 2)]
    store.publish(**{**NOTHING, "consensus": pl.concat(polls)})
    assert store.rows(Consensus)["n_books"].to_list() == [3, 3]


def test_the_message_is_the_row_as_json_in_the_order_of_the_columns(store: MarketStore) -> None:
    store.publish(**{**NOTHING, "signals": signal_rows("s1")})
    (message,) = Outbox(store.database).after()
    assert (message.topic, message.subject_id, message.created_at) == (SIGNAL_DETECTED, "s1", NOON)
    content = json.loads(message.payload)
    assert list(content) == list(Signals.columns)
    assert content["detected_at"] == "2026-01-04T12:00:00.000001Z"
    assert content["commence_at"] == "2026-01-04T13:00:00.000001Z"
    assert content["bookmakers"] == ["book, one", "böok two"]
    assert content["entry_price_decimal"] is None
    assert content["is_structural_core"] is True


def test_every_kind_of_message_is_a_row_of_a_table_told_apart_by_columns_of_its_key() -> None:
    for name, topic in TOPICS.items():
        assert topic.name == name
        assert topic.identity == topic.table.key
        made = draft(name, dict.fromkeys(topic.table.columns, 7))
        assert (made.topic, made.identity) == (name, ("7",) * len(topic.identity))


def test_both_engines_write_the_same_message(postgres_url: str, tmp_path: object) -> None:
    found = []
    for url in (postgres_url, f"sqlite:///{tmp_path}/stratum.db"):
        database = Database(url)
        database.migrate()
        MarketStore(database).publish(**{**NOTHING, "signals": signal_rows("s1", "s2")})
        found.append(Outbox(database).after())
        database.close()
    assert found[0] == found[1]


def test_messages_are_read_in_order_and_numbers_are_not_given_out_twice(store: MarketStore) -> None:
    box = Outbox(store.database)
    for n in range(3):
        store.publish(**{**NOTHING, "signals": signal_rows(f"s{n}"), "now": NOON + n * SECOND})
    messages = box.after()
    assert [message.subject_id for message in messages] == ["s0", "s1", "s2"]
    assert [m.subject_id for m in box.after(messages[0].sequence, limit=1)] == ["s1"]
    pruned = OutboxRetention(store.database).prune(NOON + 3 * SECOND)
    assert pruned == 2, "the newest stays, so that the place of a reader is always known"
    store.publish(**{**NOTHING, "signals": signal_rows("s4")})
    assert [m.sequence > messages[-1].sequence for m in box.after()] == [False, True]


def test_pruning_leaves_no_hole_where_writers_clocks_differ(store: MarketStore) -> None:
    box = Outbox(store.database)
    for n, second in enumerate((0, 5, 3, 9)):
        store.publish(**{**NOTHING, "signals": signal_rows(f"s{n}"), "now": NOON + second * SECOND})
    # s2 is older than the bound and stands behind s1, which is not: it stays with it.
    assert OutboxRetention(store.database).prune(NOON + 4 * SECOND) == 1
    assert [message.subject_id for message in box.after()] == ["s1", "s2", "s3"]


def test_messages_are_called_out_when_they_are_committed_and_not_before(postgres_url: str) -> None:
    database = Database(postgres_url)
    database.migrate()
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as listener:
        listener.execute(f"listen {CALLED_OUT}")
        with database.begin() as connection:
            add_to_outbox(connection, [Draft(SIGNAL_DETECTED, ("s1",), {})], NOON)
            assert list(listener.notifies(timeout=0.2)) == []
        assert len(list(listener.notifies(timeout=10, stop_after=1))) == 1
        with database.begin() as connection:
            add_to_outbox(connection, [Draft(SIGNAL_DETECTED, ("s1",), {})], NOON)
        assert list(listener.notifies(timeout=0.2)) == [], "a message that is there already is not called out"
    database.close()


def test_a_signal_stays_announced_after_its_message_was_pruned(store: MarketStore) -> None:
    store.publish(**{**NOTHING, "signals": signal_rows("s1")})
    store.publish(**{**NOTHING, "signals": signal_rows("s2"), "now": NOON + SECOND})
    assert OutboxRetention(store.database).prune(NOON) == 0, "before means before"
    assert OutboxRetention(store.database).prune(NOON + SECOND) == 1
    assert store.publish(**{**NOTHING, "signals": signal_rows("s1")}) == Published(0, 0)


def test_old_days_are_published_without_announcing_them(store: MarketStore) -> None:
    frames = {**NOTHING, "signals": signal_rows("s1")}
    assert store.publish(**frames, announce=False) == Published(1, 0)
    assert store.publish(**frames) == Published(0, 0)
    assert Outbox(store.database).after() == []


def test_a_row_without_a_needed_value_costs_the_whole_publication(store: MarketStore) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        store.publish(**{**NOTHING, "events": event_rows("game"), "signals": signal_rows("s1", market=None)})
    assert store.rows(Events).is_empty()


def test_publishers_at_once_announce_each_signal_once(store: MarketStore) -> None:
    counts: list[Published] = []

    def publish(first: int) -> None:
        for n in range(first, first + 10):
            frames = {
                "events": event_rows("game"),
                "consensus": consensus_rows("game"),
                "signals": signal_rows(f"s{n}"),
            }
            counts.append(store.publish(**frames, now=NOON))

    threads = [threading.Thread(target=publish, args=(first,)) for first in (0, 5, 0, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == 40
    assert sum(count.n_signals_new for count in counts) == sum(count.n_outbox_new for count in counts) == 15
    assert len(Outbox(store.database).after()) == 15


def test_a_reader_who_goes_on_from_the_last_sequence_misses_no_message(store: MarketStore) -> None:
    # The first writer is slow to commit: what the second one writes must not be seen before it.
    seen: list[str] = []
    second = threading.Thread(target=lambda: store.publish(**{**NOTHING, "signals": signal_rows("second")}))
    with store.database.begin() as connection:
        add_to_outbox(connection, [Draft(SIGNAL_DETECTED, ("first",), {})], NOON)
        second.start()
        second.join(0.3)
        seen += [message.subject_id for message in Outbox(store.database).after()]
    second.join()
    assert seen == []
    assert [message.subject_id for message in Outbox(store.database).after()] == ["first", "second"]


KILLED = """
import os, signal
from tests.warehouse.market_rows import *
from warehouse.database import Database, MarketStore, market_store
real = market_store.add_to_outbox
def killed(*arguments):
    if {after}:
        real(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
market_store.add_to_outbox = killed
MarketStore(Database({url!r})).publish(
    events=event_rows("game"), consensus=consensus_rows("game"), signals=signal_rows("s1"), now=NOON)
"""


@pytest.mark.parametrize("after", [False, True], ids=["before the outbox", "before the commit"])
def test_a_process_killed_while_publishing_leaves_nothing_and_the_next_completes_it(
    store: MarketStore, after: bool
) -> None:
    program = KILLED.format(url=store.database.url, after=after)
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert store.rows(Signals).is_empty()
    assert store.rows(Events).is_empty()
    assert Outbox(store.database).after() == []
    frames = {"events": event_rows("game"), "consensus": consensus_rows("game"), "signals": signal_rows("s1")}
    assert store.publish(**frames, now=NOON) == Published(1, 1)


def test_settling_replaces_what_is_stored_about_a_game_and_nothing_else(store: MarketStore) -> None:
    everything = (closing_rows("game", "other"), pl.concat([clv_rows("s1", "s2"), clv_rows("s3", event_id="other")]))
    store.settle(*everything, event_ids=["game", "other"], now=NOON)
    again = store.settle(closing_rows("game", point=-6.0), clv_rows("s1"), event_ids=["game"], now=NOON)
    assert again == Published(0, 0)
    lines = store.rows(ClosingLines)
    assert dict(lines.select("event_id", "point").iter_rows()) == {"game": -6.0, "other": -5.5}
    assert store.rows(ClvRecords)["signal_id"].to_list() == ["s1", "s3"]
    store.settle(ClosingLines.empty(), ClvRecords.empty(), event_ids=["game"], now=NOON)
    assert store.rows(ClosingLines)["event_id"].to_list() == ["other"]


def announced(store: MarketStore) -> list[tuple[str, int]]:
    """The subject and version of every message about a final value."""
    messages = [message for message in Outbox(store.database).after() if message.topic == CLV_FINALIZED]
    return [(message.subject_id, json.loads(message.payload)["version"]) for message in messages]


def test_a_clv_record_is_announced_once_and_only_the_current_one(store: MarketStore) -> None:
    nothing = {"events": event_rows(), "consensus": consensus_rows("game").clear()}
    store.publish(**nothing, signals=signal_rows("s1", "s2"), now=NOON)
    records = pl.concat([clv_rows("s1"), clv_rows("s2", is_current=False)])
    assert store.settle(closing_rows("game"), records, event_ids=["game"], now=NOON) == Published(2, 1)
    assert store.settle(closing_rows("game"), records, event_ids=["game"], now=NOON) == Published(0, 0)
    moved = pl.concat([clv_rows("s1", is_current=False), clv_rows("s1", version=2)])
    assert store.settle(closing_rows("game"), moved, event_ids=["game"], now=NOON) == Published(1, 1)
    assert announced(store) == [("s1", 1), ("s1", 2)]


def test_a_value_is_announced_when_it_is_final_by_the_counted_convention_and_the_signal_was(store: MarketStore) -> None:
    nothing = {"events": event_rows(), "consensus": consensus_rows("game").clear()}
    store.publish(**nothing, signals=signal_rows("s1"), now=NOON)
    store.publish(**nothing, signals=signal_rows("quiet"), now=NOON, announce=False)
    early = clv_rows("s1", "quiet", is_final=False)
    assert store.settle(closing_rows("game"), early, event_ids=["game"], now=NOON) == Published(0, 0)
    others = [clv_rows("s1", convention=name) for name in ("actual", "last_seen", "pregame_end")]
    final = pl.concat([clv_rows("s1", "quiet"), *others])
    assert store.settle(closing_rows("game"), final, event_ids=["game"], now=NOON) == Published(5, 1)
    assert announced(store) == [("s1", 1)]


def test_a_correction_is_told_to_those_who_were_told_of_what_it_corrects(store: MarketStore) -> None:
    nothing = {"events": event_rows(), "consensus": consensus_rows("game").clear()}
    store.publish(**nothing, signals=signal_rows("s1", at=NOON), now=NOON)
    store.settle(closing_rows("game"), clv_rows("s1", "s2"), event_ids=["game"], now=NOON + SECOND)
    # The message about the signal itself is no longer kept.
    OutboxRetention(store.database).prune(NOON + SECOND)
    corrected = pl.concat([clv_rows("s1", "s2", is_current=False), clv_rows("s1", "s2", version=2)])
    store.settle(closing_rows("game"), corrected, event_ids=["game"], now=NOON)
    assert announced(store) == [("s1", 1), ("s1", 2)]


def test_rows_from_before_there_were_versions_are_not_announced_again(store: MarketStore) -> None:
    nothing = {"events": event_rows(), "consensus": consensus_rows("game").clear()}
    store.publish(**nothing, signals=signal_rows("s1"), now=NOON)
    store.settle(closing_rows("game"), clv_rows("s1", is_final=None), event_ids=["game"], now=NOON)
    assert store.settle(closing_rows("game"), clv_rows("s1"), event_ids=["game"], now=NOON) == Published(0, 0)


def test_games_are_to_be_finished_once_a_close_of_theirs_has_become_final(store: MarketStore) -> None:
    later = NOON + 3600 * SECOND
    lines = pl.concat([closing_rows("game", is_final=False, final_at=later), closing_rows("other")])
    store.settle(lines, ClvRecords.empty(), event_ids=["game", "other"], now=NOON)
    assert store.games_to_finish(later - SECOND) == {}
    assert store.games_to_finish(later) == {"game": NOON.date()}


def test_rows_of_events_that_are_not_settled_are_refused(store: MarketStore) -> None:
    with pytest.raises(ValueError, match="closing_lines holds rows of 1 events.*'other'"):
        store.settle(closing_rows("game", "other"), ClvRecords.empty(), event_ids=["game"], now=NOON)
    assert store.rows(ClosingLines).is_empty()


def test_more_events_than_fit_into_one_statement_are_settled(store: MarketStore) -> None:
    ids = [f"game-{n}" for n in range(2_500)]
    store.settle(closing_rows(*ids), ClvRecords.empty(), event_ids=ids, now=NOON)
    store.settle(closing_rows(*ids), ClvRecords.empty(), event_ids=ids, now=NOON)
    assert store.rows(ClosingLines, event_ids=ids).height == 2_500


def test_old_rows_are_pruned_by_the_clock_of_their_table(store: MarketStore) -> None:
    store.publish(
        events=pl.concat([event_rows("old"), event_rows("new", commence_at=NOON + 7200 * SECOND)]),
        consensus=consensus_rows("old"),
        signals=pl.concat([signal_rows("old"), signal_rows("new", at=NOON + SECOND)]),
        now=NOON,
    )
    store.settle(closing_rows("old"), clv_rows("old", event_id="old"), event_ids=["old"], now=NOON)
    before = NOON + SECOND
    assert [store.prune(table, before) for table in (Signals, Consensus, ClosingLines, ClvRecords)] == [1, 2, 1, 1]
    assert store.rows(Signals)["signal_id"].to_list() == ["new"]
    assert store.prune(Events, NOON + 3601 * SECOND) == 1
    assert store.rows(Events)["event_id"].to_list() == ["new"]


def test_a_message_id_depends_on_topic_and_subject_alone() -> None:
    ids = [
        Draft("t", parts, content).outbox_id
        for parts, content in (((("a",)), {}), (("a",), {"x": 1}), (("a", "b"), {}))
    ]
    assert ids[0] == ids[1] != ids[2]
    assert Draft("t", ("ab",), {}).outbox_id != ids[2]
    assert outbox.c.outbox_id.unique
