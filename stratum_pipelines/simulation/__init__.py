"""A seeded market of many bookmakers: answers in the shape of The Odds API, and the truth about what was planted in them.

What belongs here is invented data and how detectors are scored on it. There is no clock inside: time is an argument, and
the same seed, sport and moment give the same bytes in any process.
"""

from stratum_pipelines.simulation.books import BOOKS, SimulatedBook
from stratum_pipelines.simulation.faults import FaultPlan
from stratum_pipelines.simulation.market import Latent, Simulation
from stratum_pipelines.simulation.rates import NOTHING_PLANTED, Rates
from stratum_pipelines.simulation.scoring import score_detections
from stratum_pipelines.simulation.sports import SPORTS, Sport
from stratum_pipelines.simulation.truth import KINDS, Planted, truth_frame

__all__ = [
    "BOOKS",
    "KINDS",
    "NOTHING_PLANTED",
    "SPORTS",
    "FaultPlan",
    "Latent",
    "Planted",
    "Rates",
    "SimulatedBook",
    "Simulation",
    "Sport",
    "score_detections",
    "truth_frame",
]
