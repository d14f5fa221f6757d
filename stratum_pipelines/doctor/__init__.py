"""What is configured, reachable and stale, and what to do about it: a file for each thing that is looked at."""

from stratum_pipelines.doctor.examination import examine, open_to_look
from stratum_pipelines.doctor.finding import Finding

__all__ = ["Finding", "examine", "open_to_look"]
