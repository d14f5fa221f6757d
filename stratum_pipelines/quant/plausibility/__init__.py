"""Whether opening and closing lines can be true: swapped columns, turned signs, numbers half written."""

from stratum_pipelines.quant.plausibility.faults import FAULTS, Fault
from stratum_pipelines.quant.plausibility.gate import SOUND, Judged, judge
from stratum_pipelines.quant.plausibility.lines import NO_PRICE, Lines
from stratum_pipelines.quant.plausibility.marking import mark

__all__ = ["FAULTS", "NO_PRICE", "SOUND", "Fault", "Judged", "Lines", "judge", "mark"]
