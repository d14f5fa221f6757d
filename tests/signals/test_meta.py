"""What the meta of a signal holds is what its file declares: for every type, on markets that make it."""

import json

import pytest

from stratum_pipelines.signals import find_signals
from stratum_pipelines.signals.meta import KINDS, SHARED, Field, by_book, count, faults, flag, number, numbers, text
from tests.signals.test_no_lookahead import SET, whole


@pytest.mark.parametrize("name", find_signals())
def test_every_meta_made_is_what_its_type_declares(name: str) -> None:
    signal = find_signals()[name]
    declared = {**SHARED, **signal.meta}
    assert len(declared) == len(SHARED) + len(signal.meta), "A type has no key of the same name as what every meta has."
    for seed in range(3):
        rows = whole(name, seed)["signals"]
        for meta, books in rows.select("meta", "bookmakers").iter_rows():
            found = json.loads(meta)
            assert list(faults(found, declared)) == []
            # It names somebody, and every book it names has an age.
            assert books and sorted(found["book_age_s"]) == books
            # And so has every book whose quote could be taken: no signal rests on nobody.
            assert found["fresh_age_s"] and None not in found["fresh_age_s"].values()
            assert (
                found["fresh_age_s"].items()
                >= {b: a for b, a in found["book_age_s"].items() if b in found["fresh_age_s"]}.items()
            )
            in_force = signal.set(**SET.get(name, {})).parameters
            assert found["parameters"] == json.loads(json.dumps(dict(in_force)))


@pytest.mark.parametrize("name", find_signals())
def test_what_a_type_declares_can_be_read(name: str) -> None:
    for field in find_signals()[name].meta.values():
        assert field.kind in KINDS
        assert field.sentence.endswith(".")


FIELDS = {
    "share": number("A share."),
    "point": number("A point.", nullable=True),
    "n": count("So many."),
    "book": text("A book."),
    "moved": flag("Whether."),
    "keys": numbers("Keys."),
    "ages": by_book("Ages."),
    "more": Field("object", "More.", fields={"inner": number("Inner.")}),
    "regime": Field("object", "A regime.", optional=True),
}
RIGHT = {
    "share": 0.5,
    "point": None,
    "n": 3,
    "book": "fanduel",
    "moved": False,
    "keys": [3, 7.0],
    "ages": {"fanduel": 1.5, "betmgm": None},
    "more": {"inner": 1},
}


def test_a_meta_as_declared_has_no_faults() -> None:
    assert list(faults(RIGHT, FIELDS)) == []
    assert list(faults({**RIGHT, "regime": {}}, FIELDS)) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"share": None}, "meta.share is null"),
        ({"share": "0.5"}, "meta.share is no number"),
        ({"share": True}, "meta.share is no number"),
        ({"n": -1}, "meta.n is no count"),
        ({"n": 1.0}, "meta.n is no count"),
        ({"book": 3}, "meta.book is no text"),
        ({"moved": 0}, "meta.moved is no yes or no"),
        ({"keys": [3, "7"]}, "meta.keys is no list of numbers"),
        ({"ages": {"fanduel": "old"}}, "meta.ages is no number by book"),
        ({"more": {}}, "meta.more.inner is missing"),
        ({"more": {"inner": 1, "outer": 2}}, "meta.more.outer is not declared"),
        ({"extra": 1}, "meta.extra is not declared"),
    ],
)
def test_each_fault_is_named(changed: dict, fault: str) -> None:
    found = list(faults({**RIGHT, **changed}, FIELDS))
    assert len(found) == 1 and found[0].startswith(fault)
    missing = {name: value for name, value in RIGHT.items() if name != "book"}
    assert list(faults(missing, FIELDS)) == ["meta.book is missing"]
