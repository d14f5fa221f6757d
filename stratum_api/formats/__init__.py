"""Which of the formats of `warehouse.formats` a request asks for."""

from stratum_api.formats.asked import FORMATS, Format, asked_format
from warehouse.formats import Encoder

__all__ = ["FORMATS", "Encoder", "Format", "asked_format"]
