"""The formats that many rows can be had in: JSON, CSV, Arrow and Parquet, written piece by piece."""

from stratum_api.formats.asked import FORMATS, Format, asked_format
from stratum_api.formats.encoder import Encoder

__all__ = ["FORMATS", "Encoder", "Format", "asked_format"]
