"""Reasons of refusals: each is given somewhere, documented, and told apart from those of answers."""

import ast
from pathlib import Path

from stratum_pipelines import trading
from stratum_pipelines.board.reasons import REASONS as BOARD_REASONS
from stratum_pipelines.providers.reasons import REASONS as READER_REASONS
from stratum_pipelines.trading.entries import reasons
from tests.conftest import REPOSITORY


def test_every_reason_is_given_and_documented() -> None:
    named = {name: value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}
    assert set(named.values()) == set(reasons.REASONS)
    assert not set(reasons.REASONS) & (set(BOARD_REASONS) | set(READER_REASONS))
    own = Path(reasons.__file__)
    trees = [ast.parse(file.read_text("utf-8")) for file in Path(trading.__file__).parent.rglob("*.py") if file != own]
    used = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert set(named) <= used
    page = (REPOSITORY / "docs/reference/quarantine-reasons.md").read_text("utf-8")
    for code, sentence in reasons.REASONS.items():
        assert f"`{code}` | {sentence}" in page and sentence.endswith(".")
