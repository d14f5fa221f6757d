import numpy as np

from stratum_pipelines.quant.panel import group_weights


def test_every_operator_group_weighs_one() -> None:
    counted = np.array([[True, True, True, True], [True, False, True, False], [False] * 4])
    weights, n_groups = group_weights(counted, np.array([0, 0, 1, 2]))
    assert weights.tolist() == [[0.5, 0.5, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0]]
    assert n_groups.tolist() == [3, 2, 0]
