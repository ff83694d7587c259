"""Conditional models, standard latents, and what is done with them."""
from __future__ import annotations

import numpy as np
import pytest

import flowengine
from flowengine import latents
from flowengine.errors import InvalidArgumentError


def two_kinds(count=400, seed=0):
    """Images of 8x8 that are bright on the left (class 0) or on the right (class 1)."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, count)
    x = random.integers(0, 5, (count, 8, 8, 1))
    x[y == 0, :, :4] += 10
    x[y == 1, :, 4:] += 10
    return x.astype(np.uint8), y


@pytest.fixture(scope="module")
def trained():
    x, y = two_kinds()
    model = flowengine.Glow(levels=1, steps=2, hidden=16, bins=16, classes=2, condition_into="both", threads=1)
    return model.fit(x, y, epochs=8, batch_size=50, learning_rate=3e-3, warmup_images=100), x, y


def test_the_classifier_by_bayes_rule_knows_the_classes(trained):
    model, _, _ = trained
    x, y = two_kinds(100, seed=1)
    assert np.mean(model.predict(x) == y) >= 0.95
    proba = model.predict_proba(x)
    assert proba.shape == (100, 2) and np.allclose(proba.sum(1), 1)
    assert abs(model.class_prior_.sum() - 1) <= 1e-12


def test_class_log_prob_is_log_prob_of_each_class(trained):
    model, x, _ = trained
    by_class = model.class_log_prob(x[:5])
    for label in range(2):
        assert np.allclose(by_class[:, label], model.log_prob(x[:5], label), rtol=1e-6)


def test_samples_are_of_their_class(trained):
    model, _, _ = trained
    for label in range(2):
        drawn = model.sample(32, label, temperature=0.7, dtype=np.uint8)
        left, right = drawn[:, :, :4].mean(), drawn[:, :, 4:].mean()
        assert (left > right) == (label == 0)


def test_what_is_missing_or_too_much_is_said(trained):
    model, x, _ = trained
    with pytest.raises(InvalidArgumentError, match="y is missing"):
        model.log_prob(x[:2])
    with pytest.raises(InvalidArgumentError, match="expected 0 to 1"):
        model.log_prob(x[:2], [0, 2])
    with pytest.raises(TypeError, match="whole numbers"):
        model.log_prob(x[:2], [0.5, 1])
    plain = flowengine.Glow(levels=1, steps=1, hidden=8, bins=16).initialize(x[:20])
    with pytest.raises(InvalidArgumentError, match="not conditional"):
        plain.log_prob(x[:2], [0, 1])
    with pytest.raises(AttributeError, match="conditional on classes"):
        plain.predict(x[:2])


def test_all_images_may_be_of_one_class():
    x, _ = two_kinds(40)
    model = flowengine.Glow(levels=1, steps=1, hidden=8, bins=16, classes=2, threads=1)
    model.fit(x, 1, epochs=1, batch_size=20)
    assert model.class_prior_.tolist() == [0, 1]
    assert np.all(model.predict(x) == 1)
    with pytest.raises(InvalidArgumentError, match="flip"):
        model.fit(x, 1, epochs=1, batch_size=20, flip=True)


def test_where_no_class_has_a_density_none_is_likelier(trained):
    model, _, _ = trained
    far = np.full((1, 8, 8, 1), -1e30, np.float32)
    assert np.all(np.isneginf(model.class_log_prob(far)))
    assert model.predict_proba(far).tolist() == [[0.5, 0.5]]


def test_a_checkpoint_keeps_the_condition(trained):
    model, x, y = trained
    again = flowengine.load(model.to_bytes(), threads=1)
    assert (again.classes, again.condition_into) == (2, "both")
    assert np.array_equal(again.log_prob(x[:4], y[:4]), model.log_prob(x[:4], y[:4]))


def test_columns_condition_a_table():
    random = np.random.default_rng(2)
    given = random.normal(size=(600, 1))
    rows = np.hstack([given + 0.1 * random.normal(size=(600, 1)), random.normal(size=(600, 1))])
    model = flowengine.MAF(blocks=2, hidden=16, condition_columns=1, condition_into="networks", threads=1)
    model.fit(rows, given, epochs=20, batch_size=100, learning_rate=5e-3, warmup_images=200)
    drawn = model.sample(200, [[1.5]])
    assert abs(drawn[:, 0].mean() - 1.5) <= 0.4
    assert model.score_samples(rows[:50], given[:50]).mean() > model.score_samples(rows[:50], -given[:50]).mean()


def test_standard_latents_and_temperatures_by_level():
    x, _ = two_kinds(60)
    model = flowengine.Glow(levels=2, steps=2, hidden=8, bins=16, threads=1).fit(x, epochs=2, batch_size=20)
    z = model.forward(x, standard=True, as_levels=True)
    back = model.inverse(z, standard=True)
    assert np.abs(back - model.inverse(model.forward(x))).max() <= 1e-4
    flat = model.forward(x, standard=True)
    assert np.array_equal(flat[0], np.concatenate([level[0].ravel() for level in z]))
    assert np.array_equal(model.sample(3, temperature=0.5), model.sample(3, temperature=[0.5, 0.5]))
    with pytest.raises(InvalidArgumentError):
        model.sample(3, temperature=[1, 1, 1])


def test_paths_directions_and_styles():
    x, y = two_kinds(200)
    model = flowengine.Glow(levels=2, steps=2, hidden=16, bins=16, threads=1)
    model.fit(x, epochs=6, batch_size=50, learning_rate=3e-3, warmup_images=100)
    z = model.forward(x, standard=True, as_levels=True)

    way = latents.arc([level[0] for level in z], [level[1] for level in z], 5)
    assert all(np.array_equal(step[0], level[0]) and np.array_equal(step[-1], level[1]) for step, level in zip(way, z))
    norms = np.sqrt(sum((step.astype(np.float64) ** 2).sum((1, 2, 3)) for step in way))
    assert norms.min() >= 0.9 * min(norms[0], norms[-1])

    toward = latents.direction([level[y == 1] for level in z], [level[y == 0] for level in z])
    moved = model.inverse(latents.move([level[y == 0] for level in z], toward, 1), standard=True)
    assert moved[:, :, 4:].mean() > moved[:, :, :4].mean()

    styled = latents.match_style(z, [level[::-1] for level in z], levels=[0], strength=1)
    assert np.allclose(styled[0].mean((1, 2)), z[0][::-1].mean((1, 2)), atol=1e-5)
    assert np.array_equal(styled[1], z[1])
