"""Times, from text, in the zone a file was written in, as UTC microseconds since 1970."""

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from stratum_pipelines.trading.entries.reasons import BAD_MOMENT, IMPOSSIBLE_MOMENT, Unfit

USUAL = re.compile(
    r"([0-9]{4})[.\-/]([0-9]{1,2})[.\-/]([0-9]{1,2})"
    r"(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?)?"
    r"\s*(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?"
)
# Seconds, milliseconds and microseconds since 1970 cannot be taken for each other.
EPOCHS = {10: 1_000_000, 13: 1_000, 16: 1}
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
EPOCH_DAY = EPOCH.toordinal()
DAY_US = 86_400_000_000
MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Clock:
    """How the times of a file are read: its zone where they name none, its formats (strptime), and the import's own moment.

    Without formats the year comes first (2018.05.14 20:45:48, 2018-05-14T20:45Z), or it is a count since 1970.
    """

    zone: ZoneInfo
    as_of: int
    formats: tuple[str, ...] = ()

    def read(self, text: str) -> int | None:
        """The moment, None where the text is blank. Raises Unfit for what is no time, or none that can be."""
        text = text.strip()
        if not text:
            return None
        at = self._written(text) if self.formats else self._usual(text)
        if not 0 <= at <= self.as_of + DAY_US:
            raise Unfit(IMPOSSIBLE_MOMENT, f"{text} cannot be the time of a trade that is known today.", text)
        return at

    def _usual(self, text: str) -> int:
        found = USUAL.fullmatch(text)
        if not found:
            if text.isascii() and text.isdigit() and len(text) in EPOCHS:
                return int(text) * EPOCHS[len(text)]
            raise Unfit(BAD_MOMENT, f"{text[:60]!r} is no time; give its format in a column map.", text)
        year, month, day, hour, minute, second, fraction, offset = found.groups()
        try:
            moment = dt.datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))  # noqa: DTZ001 - its zone follows
        except ValueError as error:
            raise Unfit(BAD_MOMENT, f"{text} is no time: {error}.", text) from error
        small = int((fraction or "0")[:6].ljust(6, "0"))
        if offset and offset[0] in "+-":
            apart = (int(offset[1:3]) * 60 + int(offset[-2:])) * 60_000_000
            return _as_utc(moment) + small - (apart if offset[0] == "+" else -apart)
        return (_as_utc(moment) if offset or self.zone.key == "UTC" else self._local(moment, text)) + small

    def _written(self, text: str) -> int:
        for form in self.formats:
            try:
                moment = dt.datetime.strptime(text, form)  # noqa: DTZ007 - its zone follows
            except ValueError:
                continue
            if moment.tzinfo:
                return (moment - EPOCH) // MICROSECOND
            return self._local(moment.replace(microsecond=0), text) + moment.microsecond
        raise Unfit(BAD_MOMENT, f"{text[:60]!r} is written in none of the formats {', '.join(self.formats)}.", text)

    def _local(self, moment: dt.datetime, text: str) -> int:
        """A wall-clock time of the zone; of an hour that came twice, the first."""
        try:
            utc = moment.replace(tzinfo=self.zone).astimezone(dt.UTC)
            back = utc.astimezone(self.zone).replace(tzinfo=None)
        except OverflowError as error:
            raise Unfit(IMPOSSIBLE_MOMENT, f"{text} is beyond any calendar.", text) from error
        if back != moment:
            raise Unfit(BAD_MOMENT, f"{text} was skipped by the clocks of {self.zone.key}: is the zone right?", text)
        return (utc - EPOCH) // MICROSECOND


def _as_utc(moment: dt.datetime) -> int:
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    return (moment.toordinal() - EPOCH_DAY) * DAY_US + seconds * 1_000_000
