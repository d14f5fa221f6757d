"""Which format a request asks for: by `?format=`, else by its `Accept` (RFC 9110), else JSON."""

from dataclasses import dataclass

from stratum_api.problems import NotAcceptable
from warehouse.formats import ArrowEncoder, CsvEncoder, Encoder, JsonEncoder, ParquetEncoder


@dataclass(frozen=True, slots=True)
class Format:
    """A format by its name, which is also how a file of it ends."""

    name: str
    media_type: str
    encoder: type[Encoder]

    @property
    def content_type(self) -> str:
        """The media type with its parameters."""
        return f"{self.media_type}; header=present" if self.name == "csv" else self.media_type


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("json", "application/json", JsonEncoder),
        Format("csv", "text/csv", CsvEncoder),
        Format("arrow", "application/vnd.apache.arrow.stream", ArrowEncoder),
        Format("parquet", "application/vnd.apache.parquet", ParquetEncoder),
    )
}


def asked_format(name: str | None, accept: str) -> Format:
    """The format asked for. Of those a request accepts equally, the first of FORMATS. Raises NotAcceptable."""
    if name is not None:
        return FORMATS[name]
    best, best_quality = None, 0.0
    wanted = [_range(part) for part in accept.split(",") if part.strip()]
    for one in FORMATS.values():
        quality = _quality(one.media_type, wanted) if wanted else 1.0
        if quality > best_quality:
            best, best_quality = one, quality
    if best is None:
        raise NotAcceptable(f"Formats are {', '.join(one.media_type for one in FORMATS.values())}.")
    return best


def _range(part: str) -> tuple[str, float]:
    """A media range and its quality; one that cannot be read counts as not wanted."""
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return media, min(max(float(value), 0.0), 1.0)
            except ValueError:
                return media, 0.0
    return media, 1.0


def _quality(media_type: str, wanted: list[tuple[str, float]]) -> float:
    """The quality of a type: what names it most closely decides."""
    for known in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        found = [quality for media, quality in wanted if media == known]
        if found:
            return max(found)
    return 0.0
