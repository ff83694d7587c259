"""Gradients of log densities by the data and by the condition."""
import json

import numpy as np
import pytest

import flowengine


def slope(function, values, at, step):
    above, below = values.astype(np.float64), values.astype(np.float64)
    above[at] += step
    below[at] -= step
    return (function(above)[at[0]] - function(below)[at[0]]) / (2 * step)


def check(model, x, y=None, step=3e-3):
    found = model.log_prob_gradient(x, y, of_condition=y is not None)
    assert np.array_equal(found[0], model.log_prob(x, y)) and found[1].shape == x.shape
    random = np.random.default_rng(3)
    for _ in range(12):
        at = tuple(random.integers(0, size) for size in x.shape)
        numeric = slope(lambda values: model.log_prob(values, y), x, at, step)
        assert abs(found[1][at] - numeric) <= 2e-2 * max(1, abs(numeric)), (at, found[1][at], numeric)
    if y is not None:
        assert found[2].shape == y.shape
        for at in np.ndindex(2, y.shape[1]):
            numeric = slope(lambda values: model.log_prob(x, values), y, at, step)
            assert abs(found[2][at] - numeric) <= 2e-2 * max(1, abs(numeric)), (at, found[2][at], numeric)


@pytest.mark.parametrize("kind", [flowengine.NSF, flowengine.MAF, flowengine.DenseGlow])
def test_gradients_of_rows_match_differences(kind):
    random = np.random.default_rng(1)
    y = random.normal(size=(200, 2))
    x = np.column_stack([y.sum(1), y[:, 0], np.zeros(200)]) + random.normal(size=(200, 3))
    model = kind(blocks=2, hidden=16, condition_columns=2).fit(x, y, epochs=3)
    check(model, x[:9], y[:9])


def test_gradients_of_images_match_differences_in_both_layouts():
    images = np.random.default_rng(1).uniform(-0.5, 0.5, size=(16, 4, 8, 2)).astype(np.float32)
    model = flowengine.Glow(levels=1, steps=2, hidden=8).fit(images, epochs=1)
    check(model, images[:3])
    first = flowengine.Glow(levels=1, steps=2, hidden=8, layout="channels_first").fit(np.moveaxis(images, 3, 1), epochs=1)
    check(first, np.ascontiguousarray(np.moveaxis(images[:3], 3, 1)))
    with pytest.raises(TypeError, match="dequantize"):
        model.log_prob_gradient(np.zeros((1, 4, 8, 2), np.uint8))


def test_gradients_are_in_the_units_of_the_table():
    random = np.random.default_rng(1)
    x = random.normal(size=(300, 2)) * [2.0, 50.0] + [1.0, 300.0]
    model = flowengine.NSF(blocks=2, hidden=16).fit((x - [1, 300]) / [2, 50], epochs=3)
    schema = model.schema
    schema["columns"] = [{"name": "a", "mean": 1.0, "deviation": 2.0}, {"name": "b", "mean": 300.0, "deviation": 50.0}]
    scaled = model.log_prob_gradient((x[:5] - [1, 300]) / [2, 50])
    flowengine._schema.write(model._model, schema)
    other = flowengine.load(model.to_bytes())
    found = other.log_prob_gradient(x[:5])
    assert np.allclose(found[0], scaled[0] - np.log(100), atol=1e-4)
    assert np.allclose(found[1], scaled[1] / [2, 50], rtol=1e-4, atol=1e-6)
    assert json.dumps(other.schema)
    with pytest.raises(flowengine.InvalidArgumentError, match="conditional"):
        other.log_prob_gradient(x[:5], of_condition=True)


def test_torch_differentiates_through_a_flow():
    torch = pytest.importorskip("torch")
    from flowengine.torch import log_prob

    random = np.random.default_rng(1)
    y = random.normal(size=(100, 1))
    x = y + random.normal(size=(100, 2))
    model = flowengine.NSF(blocks=2, hidden=8, condition_columns=1).fit(x, y, epochs=1)
    rows, given = torch.tensor(x[:4], requires_grad=True), torch.tensor(y[:4], requires_grad=True)
    (2 * log_prob(model, rows, given)).sum().backward()
    expected = model.log_prob_gradient(x[:4], y[:4], of_condition=True)
    assert np.allclose(rows.grad.numpy(), 2 * expected[1]) and np.allclose(given.grad.numpy(), 2 * expected[2])
