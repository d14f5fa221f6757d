"""Reading scores of The Odds API: games in play and just ended. Pure; what cannot be read is refused, never raised."""

from typing import Any, NamedTuple

from stratum_pipelines.providers import reasons
from stratum_pipelines.providers.reading import Answer, Refusal
from stratum_pipelines.providers.the_odds_api_tolerant import Unreadable, events_of, is_name, shortened, time_of

MOST_DIGITS = 4


class Score(NamedTuple):
    """The score of one game as one answer gives it; times are UTC microseconds. Scores are null before the start."""

    event_id: str
    sport_key: str
    home_team: str
    away_team: str
    commence_at: int
    home_score: int | None
    away_score: int | None
    is_completed: bool
    updated_at: int


def read_scores(answer: Answer) -> tuple[list[Score], list[Refusal]]:
    """The scores of an answer, and what could not be read of it."""
    scores: list[Score] = []
    refusals: list[Refusal] = []
    try:
        events = events_of(answer)
    except Unreadable as problem:
        shown = shortened(answer.body.decode("utf-8", "replace"))
        return [], [Refusal("results", problem.reason, str(problem), shown, "body")]
    seen: set[str] = set()
    for i, event in enumerate(events):
        place = f"events[{i}]"
        problem_with = _problem(event, seen)
        if problem_with is not None:
            reason, detail, value = problem_with
            refusals.append(
                Refusal("results", reason, f"{detail} at {place}; it was left out.", shortened(value), place)
            )
            continue
        seen.add(event["id"])
        by_team = _points_by_team(event)
        commence_at = time_of(event["commence_time"])
        assert commence_at is not None
        updated_at = time_of(event.get("last_update"))
        scores.append(
            Score(
                event["id"],
                event["sport_key"] if is_name(event.get("sport_key")) else answer.sport_key,
                event["home_team"],
                event["away_team"],
                commence_at,
                by_team.get(event["home_team"]),
                by_team.get(event["away_team"]),
                event.get("completed") is True,
                answer.received_at if updated_at is None else updated_at,
            )
        )
    return scores, refusals


def _problem(event: Any, seen: set[str]) -> tuple[str, str, Any] | None:
    """What keeps an entry from being read: reason, sentence and value; None when nothing does."""
    if not isinstance(event, dict):
        return reasons.BAD_EVENT, "An entry is no object", event
    if not is_name(event.get("id")):
        return reasons.EVENT_WITHOUT_ID, "An event has no id", event
    if event["id"] in seen:
        return reasons.DUPLICATE_EVENT, f"Event {event['id']} is listed a second time", event
    if not (is_name(event.get("home_team")) and is_name(event.get("away_team"))):
        return reasons.BAD_TEAM, f"Event {event['id']} lacks the name of a team", event
    if time_of(event.get("commence_time")) is None:
        return reasons.BAD_COMMENCE_TIME, f"Event {event['id']} has no readable start", event.get("commence_time")
    if event.get("scores") is None:
        if event.get("completed") is True:
            return reasons.BAD_SCORE, f"Event {event['id']} is over and has no scores", event
        return None
    by_team = _points_by_team(event)
    if by_team.get(event["home_team"]) is None or by_team.get(event["away_team"]) is None:
        return reasons.BAD_SCORE, f"Event {event['id']} has no readable score for each of its teams", event["scores"]
    return None


def _points_by_team(event: dict[str, Any]) -> dict[str, int]:
    listed = event.get("scores")
    points = {}
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and is_name(entry.get("name")):
            text = str(entry.get("score"))
            if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS:
                points[entry["name"]] = int(text)
    return points
