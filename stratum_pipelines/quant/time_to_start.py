"""Steps of the time from a moment to the start of a game."""

# Upper ends in minutes, exclusive; below 0 the game is on.
STEPS: tuple[tuple[float, str], ...] = (
    (0.0, "live"),
    (15.0, "0-15m"),
    (60.0, "15-60m"),
    (180.0, "1-3h"),
    (360.0, "3-6h"),
    (1440.0, "6-24h"),
    (4320.0, "1-3d"),
    (float("inf"), "3d+"),
)


def time_bucket(minutes_to_start: float) -> str:
    """Time to the start, in the steps scorecards and buckets are cut by.

    >>> time_bucket(-1), time_bucket(0), time_bucket(15), time_bucket(10_000)
    ('live', '0-15m', '15-60m', '3d+')
    """
    return next((name for end, name in STEPS if minutes_to_start < end), STEPS[-1][1])
