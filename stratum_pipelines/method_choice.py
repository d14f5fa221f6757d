"""The comparison of methods of removing a margin on recorded closings: as data, and as tables for a page."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import polars as pl

from stratum_pipelines.quant.devig import METHOD, METHODS
from stratum_pipelines.quant.method_comparison import Score, choose, compare
from stratum_pipelines.reference import MethodChoices, load_method_choices
from stratum_pipelines.soccer_closings import Closings

SPORT = "soccer"
SOURCE = "football_data_co_uk"
# Eight rivals are tried in more than ten places, so that a lead of two standard errors somewhere is no surprise.
LEAST_T = 3.0
HEAD = """# Which method of removing a margin is used where, and the figures it was chosen by. Data, written by the command
#   stratum fair-odds FOLDER --format toml
# from recorded closings; docs/methods/fair-odds.md says what the figures mean. The version rises when the data do.
#
# The default stands unless another method priced every market and leads by least_t standard errors. book = "" means all
# books, each game counted once. lowest is the method with the lowest mean log-loss, difference its mean less the default's.
"""


def score_methods(closings: Closings) -> list[Score]:
    """A score per market, book and method, compared with the method in use."""
    return compare(closings.samples, METHOD)


def chosen(closings: Closings, scores: Sequence[Score]) -> MethodChoices:
    """The choices these scores lead to, rounded as they are kept; one version up where they differ from those that ship."""
    known = load_method_choices()
    choices = tuple(
        replace(
            choice, overround=round(choice.overround, 4), difference=round(choice.difference, 6), t=round(choice.t, 2)
        )
        for choice in choose(scores, SPORT, METHOD, LEAST_T)
    )
    found = MethodChoices(
        version=known.version,
        default=METHOD,
        least_t=LEAST_T,
        source=SOURCE,
        n_files=closings.n_files,
        n_matches=closings.n_matches,
        sha256=closings.sha256,
        choices=choices,
    )
    return found if found == known else replace(found, version=known.version + 1)


def as_toml(choices: MethodChoices) -> str:
    """The text of devig.toml."""
    lines = [HEAD, *_pairs({"version": choices.version, "default": choices.default, "least_t": choices.least_t}), ""]
    data = {name: getattr(choices, name) for name in ("source", "n_files", "n_matches", "sha256")}
    lines += ["[data]", *_pairs(data)]
    for choice in choices.choices:
        lines += ["", "[[choices]]", *_pairs(asdict(choice))]
    return "\n".join(lines) + "\n"


def _pairs(values: dict[str, str | int | float]) -> list[str]:
    return [
        f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value!r}" for name, value in values.items()
    ]


def as_frame(scores: Sequence[Score]) -> pl.DataFrame:
    """One row per market, book and method; `difference_e4` is the difference in 10⁻⁴."""
    return pl.DataFrame(
        {
            "market": [score.market for score in scores],
            "book": [score.book or "all books" for score in scores],
            "method": [score.method for score in scores],
            "n": [score.n for score in scores],
            "n_unpriced": [score.n_unpriced for score in scores],
            "overround": [round(score.overround, 4) for score in scores],
            "log_loss": [round(score.log_loss, 6) for score in scores],
            "difference_e4": [_rounded(score.difference * 1e4, 2) for score in scores],
            "t": [_rounded(score.t, 2) for score in scores],
        }
    )


def _rounded(value: float, digits: int) -> float:
    # Adding 0 makes a zero of the negative one.
    return round(value, digits) + 0.0


def as_markdown(scores: Sequence[Score]) -> str:
    """A table per market: methods down, books across; in each cell the difference in 10⁻⁴ and its t-statistic."""
    return "\n\n".join(
        _table(market, [score for score in scores if score.market == market])
        for market in dict.fromkeys(score.market for score in scores)
    )


def _table(market: str, scores: Sequence[Score]) -> str:
    books = list(dict.fromkeys(score.book for score in scores))
    cells = {(score.book, score.method): score for score in scores}
    in_use = [cells[book, METHOD] for book in books]
    lines = [
        f"| {market} | " + " | ".join(book or "all books" for book in books) + " |",
        "|---" * (len(books) + 1) + "|",
        "| markets (all books: games) | " + " | ".join(f"{score.n:,}" for score in in_use) + " |",
        "| median overround | " + " | ".join(f"{score.overround:.4f}" for score in in_use) + " |",
        f"| log-loss, {METHOD} | " + " | ".join(f"{score.log_loss:.4f}" for score in in_use) + " |",
    ]
    for method in METHODS:
        if method.name != METHOD:
            row = " | ".join(_cell(cells[book, method.name]) for book in books)
            lines.append(f"| {method.name} | {row} |")
    return "\n".join(lines)


def _cell(score: Score) -> str:
    unpriced = f", {score.n_unpriced} not priced" if score.n_unpriced else ""
    return f"{_rounded(score.difference * 1e4, 1):+.1f} (t {_rounded(score.t, 1):+.1f}{unpriced})"
