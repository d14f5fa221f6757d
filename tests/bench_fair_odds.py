"""The part "fair-odds" of the bench: markets a second of every method, beside the packages `shin` and `penaltyblog`.

The packages want an environment of their own. STRATUM_BENCH_PEERS names its Python, made for example with
    python3.11 -m venv PEERS && PEERS/bin/pip install shin penaltyblog goto-conversion
    STRATUM_BENCH_PEERS=PEERS/bin/python make bench
"""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from stratum_pipelines.quant.devig import METHODS, fair_probabilities
from stratum_pipelines.quant.odds import Floats
from stratum_pipelines.soccer_closings import read_closings

MARKETS = 1_000_000
RUNS = 5
PEER_MARKETS = 1000
GOAL = 3_000_000
PEERS = "STRATUM_BENCH_PEERS"


def fair_odds(say: Callable[..., None], data: Path) -> None:
    """Every method on a million recorded closings, two-way and three-way, on one core."""
    samples = read_closings(data / "football_data_co_uk").samples
    for n_outcomes, name in ((2, "two-way"), (3, "three-way")):
        known = np.concatenate([s.prices for s in samples if s.prices.shape[1] == n_outcomes])
        known = known[np.isfinite(known).all(axis=1)]
        prices = np.random.default_rng(1).choice(known, MARKETS)
        _, floor = rates(lambda prices=prices: 1.0 / prices / (1.0 / prices).sum(axis=1, keepdims=True))
        say(f"fair odds: {name}, plain division by the sum", f"{floor:,.0f}", "markets per second of one core")
        for method in METHODS:
            clock, core = rates(lambda m=method, p=prices: fair_probabilities(p, m.name))
            say(
                f"fair odds: {name}, {method.name}",
                f"{core:,.0f}",
                f"{core / floor:.2f} x plain division; {clock:,.0f} by the clock; goal {GOAL:,} on two cores",
            )
        peers(say, name, prices[:PEER_MARKETS])


def rates(work: Callable[[], object]) -> tuple[float, float]:
    """Markets per second by the clock, and per second of processor time (of one core), the best of a few runs."""
    clock, processor = [], []
    for _ in range(RUNS):
        started, spent = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - started)
        processor.append(time.process_time() - spent)
    return MARKETS / min(clock), MARKETS / min(processor)


def peers(say: Callable[..., None], name: str, prices: Floats) -> None:
    """What other packages reach on some of the same markets, in an environment of their own."""
    python = os.environ.get(PEERS)
    if not python:
        say(f"fair odds: {name}, shin and penaltyblog", "not measured", f"{PEERS} names no Python that has them")
        return
    script = Path(__file__).with_name("bench_fair_odds_peers.py")
    answer = subprocess.run(
        [python, str(script)], input=json.dumps(prices.tolist()), capture_output=True, text=True, check=False
    )
    if answer.returncode:
        say(f"fair odds: {name}, shin and penaltyblog", "not measured", answer.stderr.strip().splitlines()[-1])
        return
    for peer, rate in json.loads(answer.stdout).items():
        say(f"fair odds: {name}, package {peer}", *([f"{rate:,.0f}"] if rate else ["not measured", "not installed"]))
