"""What is served hot: games, the consensus in force, signals, closing lines and CLV."""

from warehouse.database.mirror import mirror
from warehouse.tables import ClosingLines, ClvRecords, Consensus, Events, Signals

events = mirror(Events, indexes=[("sport_key", "commence_at")])

# The newest consensus row of every outcome; the history is in the lake. It has no further index: every poll rewrites it.
current_consensus = mirror(Consensus, name="current_consensus", key=("event_id", "market", "outcome"))

signals = mirror(
    Signals,
    indexes=[
        ("detected_at", "signal_id"),
        ("composite_score", "detected_at", "signal_id"),
        ("sport_key", "detected_at"),
        ("event_id",),
    ],
)

closing_lines = mirror(ClosingLines, indexes=[("closed_at",), ("is_final", "final_at")])

clv_records = mirror(ClvRecords, indexes=[("event_id",), ("closed_at",)])
