"""Rows as JSON, CSV, Arrow and Parquet, written piece by piece: what the API and the command line export alike."""

from warehouse.formats.columnar import ArrowEncoder, ParquetEncoder
from warehouse.formats.csv_text import CsvEncoder
from warehouse.formats.encoder import Encoder
from warehouse.formats.json_text import JsonEncoder

__all__ = ["ArrowEncoder", "CsvEncoder", "Encoder", "JsonEncoder", "ParquetEncoder"]
