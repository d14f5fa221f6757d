"""The reference pages that are made from the code: tables, signals, reasons, errors, events, settings, and .env.example.

Pages say what the declarations say; what a person has to explain stands in docs/methodology.
"""

import inspect
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any

from stratum_pipelines import paper_terms as paper_settings
from stratum_pipelines import settings as pipeline_settings
from stratum_pipelines.board.reasons import REASONS as BOARD_REASONS
from stratum_pipelines.defs import settings as dagster_settings
from stratum_pipelines.error_page import error_page
from stratum_pipelines.event_page import event_page
from stratum_pipelines.markdown import MADE, table
from stratum_pipelines.providers import find_providers
from stratum_pipelines.providers.provider import Provider
from stratum_pipelines.providers.reasons import REASONS as READER_REASONS
from stratum_pipelines.rollups import declaring
from stratum_pipelines.rollups import settings as rollup_settings
from stratum_pipelines.rollups.page import rollups_page
from stratum_pipelines.signals import find_signals
from stratum_pipelines.signals.meta import SHARED, Field
from stratum_pipelines.signals.signal import Signal
from stratum_pipelines.trading.entries.reasons import REASONS as IMPORT_REASONS
from warehouse import settings as warehouse_settings
from warehouse.describe import dbt_sources, tables_page
from warehouse.settings import Setting, example_environment

ABOUT_PROVIDERS = (
    "Every file in `stratum_pipelines/providers` that ends in `PROVIDER = …`. The expected gap is how far apart sightings of a\n"
    "book are taken to be while fewer than 20 have been seen ([staleness](../methodology/staleness.md)). To add one:\n"
    "[a provider is one file](../how-to/add-a-provider.md)."
)
ABOUT_SIGNALS = (
    "Every file in `stratum_pipelines/signals` that ends in `SIGNAL = …`. How scores, entries and ids are worked out, with\n"
    "examples: [signals](../methodology/signals.md). The rows: [`signals`](tables.md#signals)."
)
ABOUT_META = (
    "`meta` explains the numbers of a row, as JSON. The tables above hold what each type adds; every type has these keys. A\n"
    "test holds every meta made against them."
)
ABOUT_REASONS = (
    "What cannot be used is a row of [`quarantine`](tables.md#quarantine), with the answer it came from; the rest of the answer\n"
    "goes on. The bytes stay in `raw_odds`, so a day can be recomputed once the cause is mended."
)
ASK_FOR_REASONS = '```\nstratum sql "select reason, detail, count(*) from quarantine group by all order by 3 desc"\n```'
ABOUT_BOARD = (
    "The answer could be read, and what it says does not fit what is known. A refused quote counts as not offered: where the\n"
    "answer was complete, the quote that stood before it is suspended."
)
ABOUT_IMPORTS = (
    "A file or a row of it could not be used ([import trades](../how-to/import-trades.md)). `response_id` is the import: the first 32\n"
    "hex digits of SHA-256 of the file. The detail names the line, `value` what stood there."
)
ABOUT_SETTINGS = (
    "Settings are environment variables; a default holds where one is missing or blank. Secrets are never shown in a log, an\n"
    "error, a table or a page. `make up` also reads a file `.env` in the working folder; `.env.example` lists what it may hold."
)

# Other packages add pages and settings through this group, as they add commands: nothing here has to know them. A name of the
# group leads to a module with `pages()`, every generated file by its path, and `SETTINGS`, by what they are about.
GROUP = "stratum.reference"
OTHERS: tuple[Any, ...] = tuple(point.load() for point in sorted(entry_points(group=GROUP), key=lambda one: one.name))

SETTINGS: dict[str, tuple[Setting, ...]] = {
    "Storage": warehouse_settings.SETTINGS,
    "Polling": pipeline_settings.SETTINGS,
    "Signals": (warehouse_settings.REGIMES, *pipeline_settings.rule_settings()),
    "Paper bets": paper_settings.SETTINGS,
    "Rollups": rollup_settings.SETTINGS,
    "Dagster": dagster_settings.SETTINGS,
} | {title: settings for other in OTHERS for title, settings in other.SETTINGS.items()}


def pages() -> dict[str, str]:
    """Every generated file by its path in the repository."""
    return {
        "docs/reference/tables.md": tables_page(),
        "docs/reference/providers.md": providers_page(),
        "docs/reference/signals.md": signals_page(),
        "docs/reference/quarantine-reasons.md": quarantine_page(),
        "docs/reference/errors.md": error_page(),
        "docs/reference/events.md": event_page(),
        "docs/reference/settings.md": settings_page(),
        "docs/reference/rollups.md": rollups_page(declaring.declaration()),
        declaring.PATH: declaring.text_of(declaring.declaration()),
        "dbt/models/sources.yml": dbt_sources(),
        ".env.example": env_example(),
    } | {path: text for other in OTHERS for path, text in other.pages().items()}


def signals_page(signals: Mapping[str, Signal] | None = None) -> str:
    """The page of every signal: what it says, its rule, its parameters and how it is remembered."""
    found = find_signals() if signals is None else signals
    parts = [
        "# Signals",
        MADE,
        ABOUT_SIGNALS,
        table(("type", "shown as", "rule version", "says"), [_signal_row(s) for s in found.values()]),
    ]
    for signal in found.values():
        parts += [f"## {signal.name}", signal.description, inspect.getdoc(signal.detect) or "", _signal_details(signal)]
        if signal.meta:
            parts.append(_meta_table(signal.meta))
    parts += ["## In every meta", ABOUT_META, _meta_table(SHARED)]
    return "\n\n".join(parts) + "\n"


def providers_page(providers: Mapping[str, Provider] | None = None) -> str:
    """The page of every provider: what it is, whether it can be polled, and whether it reads archives."""
    found = find_providers() if providers is None else providers
    rows = [
        (
            f"`{name}`",
            one.title,
            one.description,
            "yes" if one.requests else "no",
            "yes" if one.answers else "no",
            f"{one.default_gap_s:g}",
        )
        for name, one in sorted(found.items())
    ]
    header = ("name", "what", "description", "polled", "archives", "expected gap, seconds")
    return f"# Providers\n\n{MADE}\n\n{ABOUT_PROVIDERS}\n\n{table(header, rows)}\n"


def _signal_row(signal: Signal) -> tuple[str, ...]:
    return f"[`{signal.name}`](#{signal.name.lower()})", signal.shown_as, signal.rule_version, signal.description


def _signal_details(signal: Signal) -> str:
    parameters = ", ".join(f"`{name}` = {json.dumps(value)}" for name, value in signal.parameters.items()) or "none"
    remembered = ", ".join(f"`{name}`" for name in signal.memory) or "nothing"
    lines = [f"- Parameters: {parameters}"]
    if signal.settable:
        names = (f"{signal.name}_{name.upper()}" for name in signal.settable)
        lines.append("- May be set: " + ", ".join(f"[`{name}`](settings.md#{name.lower()})" for name in names))
    lines.append(f"- Remembered per market between answers: {remembered}")
    if signal.finds:
        lines.append(f"- Should find, of what the simulator plants: {', '.join(f'`{kind}`' for kind in signal.finds)}")
    return "\n".join(lines)


def _meta_table(fields: Mapping[str, Field], place: str = "") -> str:
    """The keys of a meta as a table; the keys of an object stand below it with a full stop between."""
    return table(("key", "kind", "unit", "says"), _meta_rows(fields, place))


def _meta_rows(fields: Mapping[str, Field], place: str) -> Iterator[tuple[str, ...]]:
    for name, one in fields.items():
        kind = f"{one.kind}, or null" if one.nullable else f"{one.kind}, or missing" if one.optional else one.kind
        yield f"`{place}{name}`", kind, one.unit, one.sentence
        yield from _meta_rows(one.fields, f"{place}{name}.")


def quarantine_page() -> str:
    """The page of every reason a row of quarantine can have."""
    parts = [
        "# Quarantine reasons",
        MADE,
        ABOUT_REASONS,
        ASK_FOR_REASONS,
        "## Found by the board",
        ABOUT_BOARD,
        _reason_table(BOARD_REASONS),
        "## Found by a provider's reader",
        "The answer, or a part of it, could not be read.",
        _reason_table(READER_REASONS),
        "## Found by an import of trades",
        ABOUT_IMPORTS,
        _reason_table(IMPORT_REASONS),
    ]
    return "\n\n".join(parts) + "\n"


def _reason_table(reasons: Mapping[str, str]) -> str:
    return table(
        ("reason", "means"), [(f'<a id="{code}"></a>`{code}`', sentence) for code, sentence in reasons.items()]
    )


def settings_page() -> str:
    """The page of every setting, by what it is about."""
    parts = [
        "# Settings",
        MADE,
        ABOUT_SETTINGS,
    ]
    for title, settings in SETTINGS.items():
        parts += [f"## {title}", table(("setting", "default", "says"), [_setting_row(s) for s in settings])]
    return "\n\n".join(parts) + "\n"


def _setting_row(setting: Setting) -> tuple[str, ...]:
    default = setting.default_shown or setting.default
    shown = "(none: must be set)" if default is None else f"`{default}`" if default else "(empty)"
    return (
        f'<a id="{setting.name.lower()}"></a>`{setting.name}`',
        shown,
        setting.sentence + (" Secret." if setting.is_secret else ""),
    )


def env_example() -> str:
    """The text of .env.example: every setting with its sentence, commented out at its default."""
    head = (
        "# Made by `make docs` from the code. Copy it to .env and take the # off what you change; .env is never committed.\n"
        "# `make up` reads .env by itself; for other commands: set -a; . ./.env; set +a\n"
        "# Only STRATUM_HOME belongs into the shell itself, because make has to know it too.\n"
    )
    return head + "\n" + example_environment(setting for settings in SETTINGS.values() for setting in settings)
