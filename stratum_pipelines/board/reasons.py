"""Why the board refuses something a provider's reader could read: every reason code with its sentence.

A refused quote counts as not offered: where the answer was complete, the quote that stood before it is suspended.
"""

REASONS: dict[str, str] = {
    "unknown_provider": "The file of the provider that gave the answer is gone, so nothing can read it. It stays in raw_odds.",
    "unusable_name": (
        "A name is blank, longer than 200 characters, or holds control characters, which databases cannot all store. What "
        "goes by it was left out: the game for its id or a team, else the quotes of the bookmaker, market, outcome or "
        "description; one row per game, or per name and answer."
    ),
    "impossible_teams": (
        "A game names one team twice, or a team is called Draw, Over or Under: its outcomes could not be told apart. The game "
        "was left out."
    ),
    "impossible_start": "A game would start before 1970 or after 2199. The game was left out.",
    "unknown_bookmaker": "No book of this key or alias stands in books.toml. Its quotes were left out; one row per book and answer.",
    "unknown_market": "The market is none of h2h, spreads and totals. Its quotes were left out; one row per market and answer.",
    "unknown_outcome": (
        "The outcome is no team of the game, nor Draw where the league has draws, nor Over or Under. Its quotes were left "
        "out; one row per answer, with all such names."
    ),
    "impossible_price": (
        "An American price that is not whole, lies between -100 and 100 or beyond a million; a decimal price not above 1 "
        "or above 10,001. The quote was left out."
    ),
    "missing_point": "A spread or total came without a point. The quote was left out.",
    "impossible_point": "The point lies beyond 1,000 or is no multiple of a quarter. The quote was left out.",
    "points_disagree": "The two points of a spread are not opposite, or those of a total not equal. Both quotes were left out.",
    "repeated_quote": "Two quotes of one answer mean the same book, market and outcome. The first counts.",
    "wrong_sport": "The game is of another sport than the answer is about. The game was left out.",
    "unmatched_event": (
        "No single known game fits a new id by teams and start, and it may be none of them. The game was left out; the detail "
        "names what it could be."
    ),
    "teams_changed": "A known id now names two other teams. The game was left out of this answer.",
    "sides_swapped": (
        "A known id now lists home and away the other way round, or no longer does. Nothing was left out; the sides stay as "
        "they were first, and quotes go by the names of the teams. One row per change."
    ),
    "team_renamed": "A known id names one team anew. Nothing was left out; quotes go on under the first name.",
    "out_of_order": "The answer is not later than the last one of its sport. It stays in raw_odds; recomputing its day uses it.",
    "cannot_be_computed": (
        "The computation broke off at this answer, which should not happen: please report it. The answer stays in raw_odds; "
        "recomputing its day tries it again."
    ),
    "unknown_sport": "No league stands in leagues.toml for the sport. The answer stays in raw_odds; recomputing its day uses it.",
}
