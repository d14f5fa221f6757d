"""The feed: whether it answers and takes the key."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from stratum_pipelines.doctor.finding import Finding
from stratum_pipelines.fetch import Fetcher, FetchFailed
from stratum_pipelines.providers.the_odds_api import sports_request
from stratum_pipelines.settings import API_KEY, PipelineSettings, read_pipeline_settings

KEY_REFUSED = (401, 403)
# Somebody waits for the report, so the feed is asked once and given no longer than this.
REACHED_WITHIN_S = 5.0


def look_at_feed(environ: Mapping[str, str], open_feed: Callable[[PipelineSettings], Fetcher]) -> Iterator[Finding]:
    """Whether the feed answers and takes the key; asking costs no credits."""
    settings = read_pipeline_settings(environ)
    if not settings.api_key:
        yield Finding("feed", "ok", "the built-in simulator", f"Set {API_KEY.name} to poll the real feed.")
        return
    try:
        with open_feed(replace(settings, http_timeout_s=min(settings.http_timeout_s, REACHED_WITHIN_S))) as feed:
            reached = feed.reach(sports_request())
    except FetchFailed as error:
        remedy = "See that this machine is online and may reach it, and look at the provider's status page."
        yield Finding("feed", "warning", f"The Odds API could not be reached: {error}", remedy)
        return
    status, left = reached.status_code, reached.credits_remaining
    if status in KEY_REFUSED:
        remedy = f"Correct {API_KEY.name}, in the environment or in .env, and start again."
        yield Finding("feed", "fault", f"The Odds API: the key is refused ({status})", remedy)
    elif status != 200:
        remedy = "Run this again in a minute; when it lasts, look at the provider's status page."
        yield Finding("feed", "warning", f"The Odds API answers with HTTP status {status}", remedy)
    elif left == 0:
        remedy = "Wait for the first of the month, or buy credits: polling goes on by itself."
        yield Finding("feed", "warning", "The Odds API takes the key, and no credits are left", remedy)
    else:
        told = "it does not say how many credits remain" if left is None else f"credits remaining: {left:,}"
        yield Finding("feed", "ok", f"The Odds API takes the key; {told}")
