"""The documentation is true: generated pages are fresh, what is public is in them, and what they show works."""

import ast
import doctest
import importlib
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

import tests.build
from stratum_api.client import StratumError
from stratum_api.problems import Problem
from stratum_pipelines.board.advance import Rules
from stratum_pipelines.board.reasons import REASONS as BOARD_REASONS
from stratum_pipelines.commands.docs import docs_command
from stratum_pipelines.doctor.names import BESIDE
from stratum_pipelines.error_page import error_page
from stratum_pipelines.providers import reasons as reader_reasons
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.reference import load_reference
from stratum_pipelines.reference_pages import SETTINGS, pages, signals_page
from stratum_pipelines.signals import find_signals
from stratum_pipelines.signals.signal import Signal
from tests.build import EPL, MINUTE, NOON, answer, book, game, replay
from tests.conftest import REPOSITORY
from warehouse.database.operations import outbox
from warehouse.database.outbox import TOPICS
from warehouse.lake import Lake, LakeError
from warehouse.marts import Shelf
from warehouse.tables import TABLES
from warehouse.views import query

PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
SOURCES = [
    file
    for package in ("warehouse", "stratum_pipelines", "stratum_api")
    for file in sorted((REPOSITORY / package).rglob("*.py"))
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shown(file: Path) -> str:
    return file.relative_to(REPOSITORY).as_posix()


def page(name: str) -> str:
    return (REPOSITORY / "docs" / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return [code for found, code in BLOCK.findall(text) if found == language]


# -- generated pages ----------------------------------------------------------------------------------------------------


GENERATED = pages()


@pytest.mark.parametrize("path", list(GENERATED))
def test_generated_files_are_what_the_code_says(path: str) -> None:
    file = REPOSITORY / path
    assert file.is_file() and file.read_text(encoding="utf-8") == GENERATED[path], "Write them anew: make docs"


def test_docs_writes_what_is_not_fresh_and_only_that(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[str, str]:
        # A command keeps the names of its help option from the first time it is called: as `stratum` would call it.
        names = {"help_option_names": ["-h", "--help"]}
        result = CliRunner().invoke(docs_command, ["--folder", str(tmp_path), *arguments], **names)
        return ("refused" if isinstance(result.exception, SystemExit) else "done"), result.output

    assert run()[0] == "refused"  # no repository
    (tmp_path / "docs").mkdir()
    assert run("--check")[0] == "refused"
    assert run()[0] == "done"
    assert {path: (tmp_path / path).read_text(encoding="utf-8") for path in GENERATED} == GENERATED
    assert run("--check")[0] == "done"
    page = tmp_path / "docs" / "reference" / "signals.md"
    page.write_text("changed by hand", encoding="utf-8")
    kept = (tmp_path / ".env.example").stat().st_mtime_ns
    assert "signals.md" in run("--check")[1]
    assert page.read_text(encoding="utf-8") == "changed by hand"
    run()
    assert page.read_text(encoding="utf-8") == GENERATED["docs/reference/signals.md"]
    assert (tmp_path / ".env.example").stat().st_mtime_ns == kept


def test_every_table_is_documented() -> None:
    headings = re.findall(r"^## (\w+)$", page("reference/tables.md"), re.MULTILINE)
    assert headings == [table.name for table in TABLES]


def test_every_signal_is_documented_and_explained() -> None:
    for name in find_signals():
        assert f"\n## {name}\n" in page("reference/signals.md")
        assert f"**{name}.**" in page("methodology/signals.md"), f"docs/methodology/signals.md does not explain {name}."


def test_a_new_signal_gets_its_place_on_the_page_by_itself() -> None:
    def detect(tape: Any, memory: Any) -> list[Any]:
        """Never finds anything | at all."""
        return []

    text = signals_page({"QUIET": Signal("QUIET", "3", "Says | nothing.", detect, parameters={"minutes": 5})})
    assert "| [`QUIET`](#quiet) | QUIET | 3 | Says \\| nothing. |" in text
    assert "Never finds anything" in text and "`minutes` = 5" in text


def constants(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_setting_is_documented_and_no_other_variable_is_read() -> None:
    declared = [setting.name for settings in SETTINGS.values() for setting in settings]
    assert len(set(declared)) == len(declared)
    written = {
        text for file in SOURCES for text in constants(file) if re.fullmatch(r"(STRATUM|ODDS_API)_[A-Z_]+", text)
    }
    # What the doctor knows to be no setting is not read either.
    written -= set(BESIDE)
    assert written <= set(declared), "A variable is declared as a Setting and listed in its package's SETTINGS."
    for settings in SETTINGS.values():
        for setting in settings:
            assert f"`{setting.name}` | " in page("reference/settings.md")
            assert f"# {setting.name}=" in (REPOSITORY / ".env.example").read_text(encoding="utf-8")
            assert setting.sentence.endswith(".")


# -- reasons of quarantine ------------------------------------------------------------------------------------------------


def called(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function by this name, with the file it stands in."""
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield shown(file), node


def literal_reasons() -> set[str]:
    """Reasons the code names in the call itself."""
    found = set()
    for name in ("Refusal", "refused_whole"):
        for _, call in called(name):
            found |= {str(arg.value) for arg in call.args[1:2] if isinstance(arg, ast.Constant)}
    return found


def emitted_reasons() -> set[str]:
    """Reasons the board gives when it is shown one of everything."""
    start = NOON + 600 * MINUTE
    odd = book("draftkings", NOON, h2h=(0, 130), spread=(3.1, -110, -110), total=(None, -110, -110))
    strange = book("fanduel", NOON, spread=(-3.0, -110, -110))
    strange["markets"].append({"key": "player_points", "outcomes": [{"name": "Over", "price": -110, "point": 20.5}]})
    strange["markets"].append(
        {"key": "h2h", "outcomes": [{"name": "Nobody", "price": -110}, {"name": "Away", "price": 130}]}
    )
    askew = book("betmgm", NOON, spread=(-3.0, -110, -110))
    askew["markets"][0]["outcomes"][1]["point"] = 4.0
    twins = [book(key, NOON, h2h=(-110, -110)) for key in ("caesars", "williamhill_us")]
    books = [odd, strange, askew, *twins, book("nobody", NOON, h2h=(-110, -110))]
    fair = [book("fanduel", NOON, h2h=(-110, -110))]
    empty = answer(NOON + MINUTE, [])
    of_another = answer(NOON, [game(fair, event_id="g9", home="C")])
    answers = [
        answer(
            NOON,
            [
                game(books, start=start),
                game(fair, event_id="other", sport=EPL),
                game(fair, event_id="g2", home="A", away="B"),
            ],
        ),
        empty,
        empty,  # the same moment again: not later
        answer(
            NOON + 2 * MINUTE,
            [game(fair, home="Home", away="Away Again"), game(fair, event_id="g2", home="X", away="Y")],
        ),
        Answer("archive", empty.sport_key, empty.endpoint, NOON + 3 * MINUTE, of_another.body, "archive"),
    ]
    return set(replay(answers)["quarantine"]["reason"])


def test_every_reason_the_code_gives_is_documented_and_every_documented_one_is_given() -> None:
    known = {name: value for name, value in vars(reader_reasons).items() if name.isupper() and isinstance(value, str)}
    assert set(known.values()) == set(reader_reasons.REASONS)
    assert not set(BOARD_REASONS) & set(reader_reasons.REASONS)
    assert literal_reasons() | emitted_reasons() == set(BOARD_REASONS)
    board = [file for file in SOURCES if file.parent.name == "board"]
    like_a_reason = r"(unknown|impossible|missing|repeated|wrong|unmatched|duplicate|bad|out_of)_[a-z_]+"
    assert {t for f in board for t in constants(f) if re.fullmatch(like_a_reason, t)} - {"unknown_"} <= set(
        BOARD_REASONS
    )
    text = page("reference/quarantine-reasons.md")
    for code, sentence in {**BOARD_REASONS, **reader_reasons.REASONS}.items():
        assert f"`{code}` | " in text
        assert sentence.endswith(".")


# -- errors and events ----------------------------------------------------------------------------------------------------

# What carries a fault inside the program and reaches nobody under its own name.
INNER = {
    "CommandFailed",  # the API's line on standard error
    "ReaderGone",  # whoever read our output has closed it: the program ends quietly
    "StratumError",  # the line on standard error itself, whatever it is about
    "TooOld",  # the outbox's word to the stream: whoever follows it is told `snapshot_required`
    "Unfit",  # an import's word to itself: the row or file goes to quarantine with a reason
    "Unreadable",  # a reader's word to itself: the answer is refused with a reason
    "Unworkable",  # the board's: the answer is refused with a reason, and polling goes on
}


def error_classes() -> dict[str, type[Exception]]:
    """Every class of ours that can be raised, by name."""
    found = {}
    for file in SOURCES:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.bases:
                module = importlib.import_module(".".join(Path(shown(file)).with_suffix("").parts))
                made = getattr(module, node.name)
                if isinstance(made, type) and issubclass(made, Exception):
                    found[node.name] = made
    return found


def test_every_error_a_person_can_meet_is_documented_with_what_to_do() -> None:
    rows = dict(
        re.findall(r'^\| <a id="\w+"></a>`(\w+)` \| .+? \| (.*) \|$', page("reference/errors.md"), re.MULTILINE)
    )
    # Answers of the API are problems, which have a page of their own: tests/api/test_problems.py. So has the client.
    apart = (Problem, StratumError)
    every = {name: made for name, made in error_classes().items() if not issubclass(made, apart)}
    families = {name for name, made in every.items() if made.__subclasses__()}
    assert {"WarehouseError", "DatabaseError", "LakeError"} <= families
    assert set(rows) == set(every) - families - INNER, "List it in stratum_pipelines/error_page.py."
    for name, remedy in rows.items():
        assert remedy.endswith("."), f"{name} does not say what to do."


def test_an_error_without_a_word_on_what_to_do_is_not_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    class LakeFrozen(LakeError):
        """The lake is frozen."""

    assert "LakeFrozen" not in error_page()
    LakeFrozen.__doc__ = "The lake is frozen.\n\nWait for spring."
    assert "`LakeFrozen` | The lake is frozen. | Wait for spring. |" in error_page()
    LakeFrozen.__doc__ = ""


def test_every_kind_of_message_is_documented_with_its_fields_and_an_example() -> None:
    text = page("reference/events.md")
    written = {
        value
        for file in SOURCES
        for value in constants(file)
        if re.fullmatch(r"(signal|event|result|day|system|webhook)\.[a-z_]+", value)
    }
    assert re.findall(r"^## (\w+\.\w+)$", text, re.MULTILINE) == list(TOPICS)
    assert written == set(TOPICS), "A kind of message is declared in TOPICS of warehouse/database/outbox.py."
    for column in outbox.columns:
        assert f"| `{column.name}` | " in text
    envelope, *examples = blocks(text, "json")
    assert set(json.loads(envelope)) == {"type", "version", "id", "timestamp", "data"}
    for topic, example in zip(TOPICS.values(), examples, strict=True):
        section = text.split(f"## {topic.name}\n")[1].split("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(topic.table.columns)
        message = json.loads(example)
        assert set(message) | {"created_at"} == {column.name for column in outbox.columns}
        assert list(message["payload"]) == list(topic.table.columns)
        assert message["subject_id"] == message["payload"][topic.identity[0]]
        for name, column in topic.table.columns.items():
            value = message["payload"][name]
            assert column.nullable if value is None else isinstance(value, JSON_KINDS[column.type_name]), name


# What a value of a column may be in JSON.
JSON_KINDS: dict[str, Any] = {
    "text": str,
    "float64": (int, float),
    "int32": int,
    "int64": int,
    "boolean": bool,
    "timestamp, UTC microseconds": str,
    "list of text": list,
}


# -- links and commands ---------------------------------------------------------------------------------------------------


def anchors(text: str) -> set[str]:
    """The places of a page a link can name: its headings as the usual viewers spell them, and marks of its own."""
    prose = BLOCK.sub("", text)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)"', prose))


def test_links_lead_to_pages_and_places_that_are_there() -> None:
    broken = []
    for file in PAGES:
        text = file.read_text(encoding="utf-8")
        for target, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", text):
            if "://" in target:
                continue
            aim = file if not target else file.parent / target
            if not aim.exists() or (anchor and anchor not in anchors(aim.read_text(encoding="utf-8"))):
                broken.append(f"{shown(file)}: {target}#{anchor}")
    assert not broken


def command_lines(program: str) -> Iterator[tuple[str, str]]:
    """Every line of code and piece of inline code that begins with a program, with its page."""
    for file in PAGES:
        text = file.read_text(encoding="utf-8")
        lines = [line for language, code in BLOCK.findall(text) if language in ("", "sh") for line in code.splitlines()]
        lines += re.findall(r"(?<!`)`([^`\n]+)`(?!`)", BLOCK.sub("", text))
        for line in lines:
            found = re.search(rf"(?:^|\$\(|[\s/]){program} (.+)", line) if program in line.split("#")[0] else None
            if found and not line.lstrip().startswith("import"):
                yield shown(file), found[1]


def test_every_command_the_pages_name_exists_with_its_options() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    places = project["entry-points"]["stratum.commands"]
    wrong = []
    for where, line in command_lines("stratum"):
        name, rest = re.match(r"(\S*)(.*)", line).groups()  # type: ignore[union-attr]
        if name.startswith("-"):
            continue
        if name not in places:
            wrong.append(f"{where}: stratum {line}")
            continue
        module, _, attribute = places[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        while isinstance(command, click.Group):
            word, rest = re.match(r"\s*(\S*)(.*)", rest).groups()  # type: ignore[union-attr]
            if word not in command.commands:
                wrong.append(f"{where}: stratum {name} has no command {word!r}")
                break
            command = command.commands[word]
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        given = re.findall(r"(?<=\s)--[a-z][a-z-]*", re.sub(r'"(?:[^"\\]|\\.)*"', "", rest))
        wrong += [f"{where}: stratum {name} has no {option}" for option in given if option not in known]
    assert not wrong


def test_every_make_target_the_pages_name_exists() -> None:
    targets = re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named = {(where, line.split()[0]) for where, line in command_lines("make")}
    assert {
        (where, target) for where, target in named if target.isalpha() and target.islower() and target not in targets
    } == set()
    assert "\n```\nmake test\n```\n" in (REPOSITORY / "README.md").read_text(encoding="utf-8")


def queries() -> Iterator[tuple[str, str]]:
    """Every SQL query the pages show."""
    for where, line in command_lines("stratum"):
        if line.startswith('sql "') and "…" not in line:
            command = re.match(r'sql "(?:[^"\\]|\\.)*"', line)
            assert command, f"{where}: the quotes of {line!r} do not close."
            yield where, shlex.split(command[0])[1]
    for file in PAGES:
        for code in blocks(file.read_text(encoding="utf-8"), "sql"):
            if "read_parquet" not in code:
                yield shown(file), code


def test_every_query_the_pages_show_runs(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    found = list(queries())
    assert len(found) > 10
    for where, text in found:
        assert query(lake, text, Shelf(tmp_path / "marts")).width > 0, f"{where}: {text}"


# -- code in pages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", PAGES, ids=shown)
def test_python_in_pages_is_python(file: Path) -> None:
    for code in blocks(file.read_text(encoding="utf-8"), "python"):
        if not code.startswith(">>> "):
            compile(code, shown(file), "exec")


@pytest.mark.parametrize("file", [f for f in PAGES if ">>> " in f.read_text("utf-8")], ids=shown)
def test_examples_worked_by_hand_are_what_the_code_gives(file: Path) -> None:
    outcome = doctest.testfile(str(file), module_relative=False)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def run_block(name: str, position: int) -> dict[str, Any]:
    code = blocks(page(name), "python")[position]
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(code, name, "exec"), names)
    return names


def test_the_signal_of_the_how_to_works_and_passes_its_own_test(monkeypatch: pytest.MonkeyPatch) -> None:
    signal = run_block("how-to/add-a-signal.md", 0)["SIGNAL"]
    usual = tests.build.rules()
    rules = Rules(usual.reference, {**usual.signals, signal.name: signal}, usual.providers)
    monkeypatch.setattr(tests.build, "rules", lambda: rules)
    check = run_block("how-to/add-a-signal.md", 1)["test_a_full_step_at_once_is_a_jump_once_in_ten_minutes"]
    for one_by_one in (False, True):
        check(one_by_one)


def test_the_provider_of_the_how_to_reads_its_own_sample_and_survives_bad_bodies(tmp_path: Path) -> None:
    provider = run_block("how-to/add-a-provider.md", 0)["PROVIDER"]
    sample = next(code for code in blocks(page("how-to/add-a-provider.md"), "") if code.startswith("game_id,"))
    folder = tmp_path / "nfl_boards"
    folder.mkdir()
    (folder / "board-20261004T150000Z.csv").write_text(sample, encoding="utf-8")
    assert provider.recognises(folder) and not provider.recognises(tmp_path)
    (found,) = provider.answers(folder)
    assert found.sport_key == load_reference().league_named("nfl").sport_key  # type: ignore[union-attr]
    reading = provider.read(found)
    assert (reading.is_complete, reading.price.tolist(), reading.point.tolist()) == (True, [1.91, 1.91], [-3.0, 3.0])
    for body in (
        b"",
        b"\xff\xfe",
        b"<html>",
        sample.encode()[:150],
        b"game_id,start\ng1,x\n",
        sample.replace("1.91", "none").encode(),
    ):
        reading = provider.read(Answer(provider.name, found.sport_key, found.endpoint, NOON, body, "archive"))
        assert not reading.event and reading.refusals
