"""The games of one sport: which ids stand for which game, what its teams are called, and when it starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from stratum_pipelines.providers.reading import Game, Refusal

LONGEST_NAME = 200
WHY_UNUSABLE = f"is blank, longer than {LONGEST_NAME} characters or holds control characters"
# Control characters and halves of surrogate pairs: databases cannot hold them all, and nobody can read them.
_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
RELINK_TOLERANCE_US = 2 * 3600 * 1_000_000
SIDE_OF_WORD = {"Draw": 2, "Over": 0, "Under": 1}


@dataclass
class KnownGame:
    """A game as the board knows it. Times are UTC microseconds; `names` maps every team name seen to its side (0 home).

    `is_turned` says whether the provider that listed it first now lists its sides the other way round.
    """

    event_id: str
    provider: str
    home_team: str
    away_team: str
    commence_at: int
    first_seen_at: int
    last_seen_at: int
    names: dict[str, int] = field(default_factory=dict)
    n_reschedules: int = 0
    is_listed: bool = True
    status: str = "scheduled"
    is_turned: bool = False


@dataclass
class Registry:
    """Every game of a sport, by position; `links` leads from a provider's id to the position."""

    games: list[KnownGame] = field(default_factory=list)
    links: dict[tuple[str, str], int] = field(default_factory=dict)
    reasons: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    # Links a person has made, from a provider's id to ours; they are rows of event_links and no part of the state.
    manual: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def place(self, provider: str, game: Game, received_at: int, taken: set[int]) -> tuple[int, Refusal | None]:
        """The position of a game an answer names (-1 when refused), and what there is to say about it.

        `taken` holds the positions of games the same answer lists under an id that is known: none of them is taken over
        by a new id.
        """
        key = (provider, game.event_id)
        position = self.links.get(key)
        names = {} if position is None else self.games[position].names
        if position is not None and {names.get(game.home_team), names.get(game.away_team)} == {0, 1}:
            return position, self._turn(position, provider, game)
        # Names are looked at when they are new; those a game is known by have been.
        fault = _unusable_name(game) or _impossible_teams(game, names)
        if fault is not None:
            return -1, fault
        if position is None:
            return self._meet(provider, game, received_at, taken)
        return self._rename(position, game)

    def _meet(self, provider: str, game: Game, received_at: int, taken: set[int]) -> tuple[int, Refusal | None]:
        key = (provider, game.event_id)
        named = self.manual.get(key)
        chosen = [position for position, known in enumerate(self.games) if known.event_id == named] if named else []
        if chosen:
            self.links[key], self.reasons[key] = chosen[0], ("manual", received_at)
            known = self.games[chosen[0]]
            # The other provider may list the sides the other way round.
            known.names.setdefault(game.home_team, 1 - known.names.get(game.away_team, 1))
            known.names.setdefault(game.away_team, 1 - known.names[game.home_team])
            return chosen[0], None
        twins = [
            position
            for position, known in enumerate(self.games)
            if position not in taken and self._same_game(known, provider, game, received_at)
        ]
        if len(twins) == 1:
            self.links[key] = twins[0]
            self.reasons[key] = ("teams_and_start", received_at)
            return twins[0], None
        if twins or self._is_second_provider(provider, game):
            return -1, self._unmatched(provider, game, received_at)
        self.games.append(
            KnownGame(
                game.event_id,
                provider,
                game.home_team,
                game.away_team,
                game.commence_at,
                received_at,
                received_at,
                {game.home_team: 0, game.away_team: 1},
            )
        )
        self.links[key] = len(self.games) - 1
        self.reasons[key] = ("first_seen", received_at)
        return self.links[key], None

    def _same_game(self, known: KnownGame, provider: str, game: Game, received_at: int) -> bool:
        """Whether a new id stands for a known game: same teams on the same sides, start within tolerance.

        Within one provider the game must not have begun, else the second of a doubleheader would be merged into it.
        """
        if known.names.get(game.home_team) != 0 or known.names.get(game.away_team) != 1:
            return False
        if abs(known.commence_at - game.commence_at) > RELINK_TOLERANCE_US:
            return False
        if provider != known.provider:
            return (provider, known.event_id) not in self.links
        return received_at < known.commence_at

    def _is_second_provider(self, provider: str, game: Game) -> bool:
        """Whether another provider owns games around this start: then an unmatched game needs a person's word."""
        day = 24 * 3600 * 1_000_000
        return any(k.provider != provider and abs(k.commence_at - game.commence_at) <= day for k in self.games[-500:])

    def _unmatched(self, provider: str, game: Game, received_at: int) -> Refusal:
        near = [
            f"{k.event_id} ({k.away_team} at {k.home_team})"
            for k in self.games
            if abs(k.commence_at - game.commence_at) <= RELINK_TOLERANCE_US
            and {k.home_team, k.away_team} & {game.home_team, game.away_team}
        ]
        advice = f" Could it be {' or '.join(near[:3])}?" if near else ""
        detail = (
            f"Game {game.event_id} of {provider} ({game.away_team} at {game.home_team}) matches no single known game "
            f"by teams and start.{advice} Link it with: stratum link {provider} {game.event_id} EVENT_ID"
        )
        return Refusal("events", "unmatched_event", detail, game.event_id, game.event_id)

    def _turn(self, position: int, provider: str, game: Game) -> Refusal | None:
        """A remark when the provider of a game begins or ends to list its sides the other way round; another one always may."""
        known = self.games[position]
        is_turned = known.names[game.home_team] == 1
        if provider != known.provider or is_turned == known.is_turned:
            return None
        known.is_turned = is_turned
        detail = (
            f"Game {game.event_id}, {known.away_team} at {known.home_team}, is {'now' if is_turned else 'again'} listed as "
            f"{game.away_team} at {game.home_team}; its sides stay as they were first, and quotes go by the names of the teams."
        )
        return Refusal("events", "sides_swapped", detail, f"{game.away_team} at {game.home_team}", game.event_id)

    def _rename(self, position: int, game: Game) -> tuple[int, Refusal | None]:
        """One changed name is the same team renamed; two make another game, whose quotes must not mix with this one's."""
        known = self.games[position]
        new = [name for name in (game.home_team, game.away_team) if name not in known.names]
        if len(new) == 2:
            detail = (
                f"Game {game.event_id} is {known.away_team} at {known.home_team}, but this answer lists "
                f"{game.away_team} at {game.home_team} under its id; its quotes were left out."
            )
            return -1, Refusal(
                "events", "teams_changed", detail, f"{game.away_team} at {game.home_team}", game.event_id
            )
        kept = game.away_team if new[0] == game.home_team else game.home_team
        side = 1 - known.names[kept]
        known.names[new[0]] = side
        detail = (
            f"Game {game.event_id}: {known.away_team if side else known.home_team} is now called {new[0]}; "
            f"quotes go on under the first name."
        )
        return position, Refusal("events", "team_renamed", detail, new[0], game.event_id)


def is_usable(name: str) -> bool:
    """Whether something can go by this name: not blank, at most `LONGEST_NAME` characters, all of them readable."""
    return len(name) <= LONGEST_NAME and bool(name.strip()) and _UNREADABLE.search(name) is None


def shown(name: str) -> str:
    """The name; one that is not usable in quotes and escaped, and of a long one only the beginning and the length."""
    if is_usable(name):
        return name
    return repr(name) if len(name) <= LONGEST_NAME else f"{name[:60]!r}… ({len(name):,} characters)"


def _unusable_name(game: Game) -> Refusal | None:
    bad = [name for name in (game.event_id, game.home_team, game.away_team) if not is_usable(name)]
    if not bad:
        return None
    detail = f"Game {shown(game.event_id)} was left out: its id or a team's name, {shown(bad[0])}, {WHY_UNUSABLE}."
    return Refusal("events", "unusable_name", detail, shown(bad[0]), repr(game.event_id))


def _impossible_teams(game: Game, names: Mapping[str, int]) -> Refusal | None:
    """A game between a team and itself, also under a former name, or of a team called like an outcome."""
    home, away = game.home_team, game.away_team
    if home == away or names.get(home, -1) == names.get(away, -2):
        problem = f"names one team twice ({home} and {away})"
    elif home in SIDE_OF_WORD or away in SIDE_OF_WORD:
        problem = f"has a team called like an outcome ({home if home in SIDE_OF_WORD else away})"
    else:
        return None
    detail = f"Game {game.event_id} {problem}, so its quotes could not be told apart; it was left out."
    return Refusal("events", "impossible_teams", detail, f"{away} at {home}", game.event_id)
