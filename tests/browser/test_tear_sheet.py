"""The tear sheet as a reader opens it: light, dark, on a phone and on paper, without a request to anywhere."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from stratum_pipelines.trading.chosen import Choice
from stratum_pipelines.trading.sheet import as_page, tear_sheet
from tests.conftest import not_run
from tests.trading.made import bet, deposit, lake_of

pytestmark = pytest.mark.browser

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
)
EVIL = "<script>window.ran = true</script><img src=x onerror='window.ran = true'>"


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sheet of forty days of bets by a strategy with a name that would like to run."""
    folder = tmp_path_factory.mktemp("sheet")
    bets = [bet(n, 910 if n % 3 else -1_000, day=n, strategy=EVIL if n % 2 else "MOVE") for n in range(1, 41)]
    file = folder / "sheet.html"
    made = as_page(tear_sheet(lake_of(folder, bets, [deposit(1, 100_000)]), Choice(zone="America/New_York")))
    file.write_text(made, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        not_run("Browser", "no Chromium was found.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield opened
        opened.close()


def opened(browser: Browser, sheet: Path, width: int, scheme: str) -> tuple[Page, list[str]]:
    """The sheet in a window so wide, and all that it asked for or complained about."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    noted: list[str] = []
    page.on("console", lambda message: noted.append(message.text))
    page.on("pageerror", lambda error: noted.append(str(error)))
    page.on("request", lambda request: noted.append(request.url) if request.url.startswith("http") else None)
    page.goto(sheet.as_uri())
    return page, noted


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_a_sheet_is_whole_in_any_window_and_asks_for_nothing(
    browser: Browser, sheet: Path, width: int, scheme: str
) -> None:
    page, noted = opened(browser, sheet, width, scheme)
    assert noted == []  # no request, no refusal by the policy, no error
    assert page.evaluate("window.ran") is None
    pictures = page.evaluate("[...document.images].map(i => [i.complete, i.naturalWidth, i.alt.length > 0])")
    assert pictures == [[True, 1980, True]] * 5
    assert page.evaluate("document.documentElement.scrollWidth") == width
    dark = page.evaluate(
        "[...document.images].every(i => i.currentSrc === i.parentElement.querySelector('source').srcset)"
    )
    assert dark is (scheme == "dark")
    # The style is in force: the policy did not refuse it.
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(22, 27, 34)" if scheme == "dark" else "rgb(255, 255, 255)")
    page.close()


def test_a_name_that_would_run_is_read_as_it_is_written(browser: Browser, sheet: Path) -> None:
    page, _ = opened(browser, sheet, 1200, "light")
    assert EVIL in page.locator("h1").inner_text()
    assert page.locator("script").count() == 0
    page.close()


def test_on_paper_a_sheet_is_light_and_takes_a_few_pages(browser: Browser, sheet: Path) -> None:
    page, _ = opened(browser, sheet, 1200, "dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    pages = page.pdf(format="A4").count(b"/Type /Page\n")
    assert 3 <= pages <= 8
    page.close()
