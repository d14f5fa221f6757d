import json

import numpy as np
import pytest

from stratum_pipelines.quant.regimes.filtering import filtered
from stratum_pipelines.quant.regimes.model import RegimeModel
from tests.quant.regimes.made import random_model, random_path


def test_a_model_read_back_from_json_is_the_same_to_the_last_bit() -> None:
    model, path = random_model(1), random_path(1, 30)
    again = RegimeModel.from_parameters(json.loads(json.dumps(model.parameters())))
    assert np.array_equal(filtered(model, path), filtered(again, path))


def test_a_model_of_other_features_is_refused() -> None:
    with pytest.raises(ValueError, match="temperature"):
        RegimeModel.from_parameters({**random_model(1).parameters(), "features": ["temperature"]})


def test_a_path_begins_as_the_states_are_shared_out_in_the_long_run() -> None:
    model = random_model(2)
    assert np.isclose(model.start.sum(), 1.0) and np.allclose(model.start @ model.transitions, model.start)
