"""RealNVP, as the other estimator of images."""
from __future__ import annotations

import pickle

import numpy as np
import pytest

import flowengine


def test_images_are_learned_and_the_model_comes_back(levels):
    model = flowengine.RealNVP(levels=2, blocks=1, hidden=8, bins=16, seed=1)
    assert model.fit(levels, epochs=8, batch_size=20, warmup_images=40) is model
    images = (levels.astype(np.float32) + 0.5) / 16 - 0.5
    assert np.isfinite(model.log_prob(images)).all() and model.bits_per_dim(images).mean() < 4.5
    assert np.array_equal(model.log_prob(images), np.concatenate([model.log_prob(image[None]) for image in images]))
    assert np.abs(model.inverse(model.forward(images)) - images).max() < 1e-3
    drawn = model.sample(5, temperature=0.8, seed=2, dtype=np.uint8)
    assert drawn.shape == (5, *images.shape[1:]) and drawn.max() < 16
    for other in (flowengine.load(model.to_bytes()), pickle.loads(pickle.dumps(model))):
        assert type(other) is flowengine.RealNVP and np.array_equal(other.log_prob(images), model.log_prob(images))
        assert (other.levels, other.blocks, other.hidden, other.bins) == (2, 1, 8, 16)
    first = flowengine.load(model.to_bytes(), layout="channels_first")
    assert np.array_equal(first.log_prob(np.moveaxis(images, 3, 1)), model.log_prob(images))


def test_sizes_follow_from_the_images():
    model = flowengine.RealNVP(bins=4).fit(np.zeros((8, 6, 10, 1), np.uint8), epochs=1)
    assert [model.options_[name] for name in ("levels", "blocks", "hidden")] == [2, 2, 32]
    assert model.levels is None
    with pytest.raises(ValueError, match="cannot be halved"):
        flowengine.RealNVP(levels=3).fit(np.zeros((8, 6, 10, 1), np.uint8))


def test_what_no_grey_level_gives_has_no_density():
    model = flowengine.RealNVP(hidden=4, bins=4).fit(np.zeros((8, 4, 4, 1), np.uint8), epochs=1)
    images = np.zeros((2, 4, 4, 1), np.float32)
    images[1, 2, 3, 0] = 0.6
    density = model.log_prob(images)
    assert np.isfinite(density[0]) and density[1] == -np.inf
