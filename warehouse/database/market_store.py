"""Publishes what a cycle or a closed day made, and reads it back."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import batched

import polars as pl
import sqlalchemy as sa

from warehouse.database import market
from warehouse.database.engine import Database
from warehouse.database.inserting import Insert
from warehouse.database.outbox import CLV_FINALIZED, SIGNAL_DETECTED, Draft, add_to_outbox
from warehouse.tables import ClosingLines, ClvRecords, Consensus, Events, Signals, Table
