"""Flows of the rows of a table, as scikit-learn's density estimators."""
from __future__ import annotations

import pickle

import numpy as np
import pytest

import flowengine

KINDS = [flowengine.MAF, flowengine.IAF, flowengine.NICE, flowengine.DenseGlow, flowengine.NSF]


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """Four columns, of which the second follows the first and the last two each other."""
    random = np.random.default_rng(0)
    x = random.normal(size=(600, 4))
    x[:, 1] = x[:, 0] ** 2 + 0.1 * x[:, 1]
    x[:, 3] = 0.9 * x[:, 2] + 0.3 * x[:, 3]
    return x


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_is_learned(kind, rows):
    model = kind(blocks=4, hidden=16, hidden_layers=2, seed=1)
    assert model.fit(rows, epochs=25, batch_size=100, learning_rate=0.01, warmup_images=500) is model
    # Beside the Gaussian of the same covariance, which knows nothing of the square.
    centered = rows - rows.mean(axis=0)
    inverse = np.linalg.inv(np.cov(rows.T))
    gaussian = -0.5 * (np.einsum("ni,ij,nj->n", centered, inverse, centered) - np.linalg.slogdet(inverse)[1]
                       + 4 * np.log(2 * np.pi))
    assert model.score(rows) > gaussian.mean() + 0.2
    assert np.array_equal(model.score_samples(rows), model.log_prob(rows)) and model.log_prob(rows).shape == (600,)
    assert np.allclose(model.bits_per_dim(rows), -model.log_prob(rows) / (4 * np.log(2)), rtol=1e-12)
    latents = model.forward(rows)
    assert latents.shape == (600, 4) and np.abs(model.inverse(latents) - rows).max() < 1e-2
    drawn = model.sample(500, seed=2)
    assert drawn.shape == (500, 4) and np.isfinite(drawn).all() and model.n_features_in_ == 4
    for other in (flowengine.load(model.to_bytes()), kind.load(model.to_bytes()), pickle.loads(pickle.dumps(model))):
        assert type(other) is kind and np.array_equal(other.log_prob(rows), model.log_prob(rows))
        assert (other.blocks, other.hidden, other.hidden_layers) == (4, 16, 2)


def test_choices_are_those_of_the_checkpoint(rows):
    model = flowengine.MAF(blocks=2, hidden=8, hidden_layers=1, mixing="lu", batch_norm=True).fit(rows, epochs=1)
    other = flowengine.load(model.to_bytes())
    assert (other.mixing, other.batch_norm, other.hidden_layers) == ("lu", True, 1)
    model = flowengine.NICE(blocks=2, hidden=8, prior="gaussian").fit(rows, epochs=1)
    assert flowengine.load(model.to_bytes()).prior == "gaussian"
    assert flowengine.IAF(mixing="random").get_params()["mixing"] == "random"
    sklearn = pytest.importorskip("sklearn.base")
    assert sklearn.clone(model).get_params()["prior"] == "gaussian"


@pytest.mark.parametrize("act, kind", [
    (lambda x: flowengine.NICE().fit(x[:, :1]), ValueError),
    (lambda x: flowengine.MAF().fit(x[0]), ValueError),
    (lambda x: flowengine.MAF(mixing="shuffle").fit(x), ValueError),
    (lambda x: flowengine.NICE(prior="cauchy").fit(x), ValueError),
    (lambda x: flowengine.MAF(hidden=-1).fit(x), ValueError),
    (lambda x: flowengine.MAF().fit(x.astype(str)), TypeError),
    (lambda x: flowengine.MAF().build((4, 4, 1)), ValueError),
    (lambda x: flowengine.MAF(hidden=4).fit(x, epochs=1).log_prob(x[:, :3]), ValueError),
    (lambda x: flowengine.MAF(hidden=4).fit(x, epochs=1).sample(2, dtype=np.uint8), ValueError),
    (lambda x: flowengine.NICE.load(flowengine.MAF(hidden=4).fit(x, epochs=1).to_bytes()), ValueError),
    (lambda x: flowengine.load(flowengine.MAF(hidden=4).fit(x, epochs=1).to_bytes(), layout="channels_first"), ValueError),
])
def test_errors_are_of_the_right_kind(rows, act, kind):
    with pytest.raises(kind) as caught:
        act(rows)
    assert "\n" not in str(caught.value) and len(str(caught.value)) > 10


def test_a_fit_that_did_not_train_warns():
    rows = np.random.default_rng(0).normal(size=(60, 2))
    with pytest.warns(RuntimeWarning, match="updates were skipped"):
        flowengine.MAF(blocks=1, hidden=8).fit(rows, epochs=20, batch_size=20, learning_rate=1e20, warmup_images=0, clip=None)
