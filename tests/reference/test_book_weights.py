import pytest

from stratum_pipelines.reference import load_book_weights
from stratum_pipelines.reference.book_weights import read_book_weights
from stratum_pipelines.reference.books import KINDS

MARGINS = {"h2h": [0.97, 1.3], "spreads": [0.97, 1.25], "totals": [0.97, 1.25], "exchange": [0.95, 1.3]}
KNOWN = {"sharp": 4.0, "exchange": 2.0, "retail": 1.0}


def test_every_kind_has_a_weight_and_sharp_books_the_highest() -> None:
    weights = load_book_weights()
    assert {kind: weights.of(kind) for kind in KINDS} == {kind: getattr(weights, kind) for kind in KINDS}
    assert weights.sharp > weights.exchange >= weights.retail > 0 and weights.version >= 1


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"version": 1, "kinds": {"sharp": 4.0, "retail": 1.0}}, "give a weight to each of sharp, retail, exchange"),
        ({"version": 1, "kinds": {**KNOWN, "dull": 1.0}}, "book_weights.toml names"),
        ({"version": 1, "kinds": {**KNOWN, "retail": 0.0}}, "gives retail the weight 0.0"),
        ({"version": 0, "kinds": KNOWN}, "versions count from 1"),
        ({"version": 1, "kinds": KNOWN, "margins": {"h2h": [0.9, 1.1]}}, "give margins to each of h2h"),
        ({"version": 1, "kinds": KNOWN, "margins": {**MARGINS, "h2h": [1.01, 1.1]}}, "lets h2h sum to 1.01 to 1.1"),
    ],
)
def test_weights_that_cannot_be_are_refused(table: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_book_weights({"margins": MARGINS, **table})
