"""The page on importing trades, followed to the letter: every block of it is run, and says what the page says."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from stratum_pipelines.commands.sql import sql
from stratum_pipelines.commands.trades import trades
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs/how-to/import-trades.md").read_text("utf-8")
COMMANDS = {"trades": trades, "sql": sql}


def test_the_page_can_be_followed_to_the_letter(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = []
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for block in [code for language, code in blocks if not language]:
        rest = block
        for name, mark, content in re.findall(r"^cat > (\S+) <<'(\w+)'\n(.*?)^\2\n", block, re.MULTILINE | re.DOTALL):
            (tmp_path / name).write_text(content, "utf-8")
            rest = rest.replace(f"cat > {name} <<'{mark}'\n{content}{mark}\n", "")
        for line in rest.splitlines():
            program, command, *arguments = shlex.split(line)
            assert program == "stratum"
            result = CliRunner().invoke(COMMANDS[command], arguments)
            assert result.exit_code == 0, f"{line}: {result.output}"
            said.append(result.output)
    (example,) = [code for language, code in blocks if language == "text"]
    dry, first, listed, journal, refused, by_csv, summed = said
    assert "would be 1 new" in dry and "50.35" in listed
    # The example leaves out the remark on the columns.
    assert [line for line in example.splitlines() if line not in first] == []
    assert "trades: 1 new" in journal and "impossible_number" in refused
    assert by_csv.count("\n") == 2 and "108175" in summed
