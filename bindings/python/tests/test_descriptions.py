"""What Python offers is what the library describes: one set of options and defaults."""
from __future__ import annotations

import inspect
import re

import numpy as np
import pytest

import flowengine
from conftest import REPOSITORY
from flowengine import _ffi
from flowengine._models import KINDS

HEADER = (REPOSITORY / "bindings/c/include/flowengine.h").read_text(encoding="utf-8")
#: Arguments of every model that are no options of its kind.
COMMON = {"classes", "condition_columns", "condition_into", "seed", "device", "threads", "precision", "layout", "bins"}
#: Arguments of fit that are no options of a training, and what it calls those it names otherwise.
OWN = {"communicator", "warm_start", "self", "x", "y", "epochs", "progress"}
NAMES = {"batch_size": "batch"}


def fields(struct: str) -> list[str]:
    body = re.search(rf"typedef struct {struct} {{(.*?)}} {struct};", HEADER, re.S)
    assert body is not None
    code = re.sub(r"/\*.*?\*/", "", body.group(1), flags=re.S)
    names = [name for line in re.findall(r"\w+\s+([^;]+);", code) for name in line.split(",")]
    return [re.sub(r"\[.*", "", name).strip() for name in names]


def test_every_kind_has_a_class():
    assert set(KINDS) == set(_ffi.MODELS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_constructor_has_the_options_and_defaults_of_its_kind(kind):
    given = inspect.signature(kind).parameters
    options = {option["name"]: option for option in _ffi.MODELS[kind.kind]["options"] if not option["is_of_data"]}
    assert set(given) - COMMON == set(options)
    for name, option in options.items():
        expected = None if "default_help" in option else option["default"]
        assert given[name].default == expected, name
    assert given["condition_into"].default is None


def test_fit_has_the_options_and_defaults_of_a_training():
    given = {NAMES.get(name, name): parameter for name, parameter in
             inspect.signature(flowengine.Flow.fit).parameters.items() if name not in OWN}
    options = dict(_ffi.TRAINING)
    del options["total_images"]  # follows from the epochs
    assert set(given) == set(options)
    for name, option in options.items():
        is_one = option.get("default") == option.get("default_of_tables") and "default_help" not in option
        assert given[name].default == (option["default"] if is_one else None), name


def test_the_structs_of_the_header_have_the_fields_of_the_descriptions():
    # What is reserved lies where ctypes leaves a gap.
    declared = [name for name in fields("flow_trainer_options") if not name.startswith("reserved")]
    assert declared == [name for name, _ in _ffi.TrainerOptions._fields_]
    assert fields("flow_model_options") == [name for name, _ in _ffi.ModelOptions._fields_]
    assert fields("flow_model_info") == [name for name, _ in _ffi.ModelInfo._fields_]


def test_transforms_are_a_model_of_their_own():
    rows = np.random.default_rng(0).normal(size=(300, 3)) * 2 + 1
    steps = [{"type": "actnorm"}, {"type": "linear"}, {"type": "affine_coupling", "hidden": 8}, {"type": "permutation"},
             {"type": "autoregressive", "hidden": 8, "hidden_layers": 1}]
    model = flowengine.Transforms(steps, seed=2).fit(rows, epochs=5, batch_size=50, warmup_images=0)
    other = flowengine.load(model.to_bytes())
    assert np.array_equal(other.log_prob(rows), model.log_prob(rows))
    assert [step["type"] for step in other.transforms] == [step["type"] for step in steps]
    assert other.transforms[2] == {"type": "affine_coupling", "hidden": 8, "hidden_layers": 2}
    assert np.abs(model.inverse(model.forward(rows)) - rows).max() < 1e-3
    assert {"actnorm", "autoregressive"} <= {kind["name"] for kind in flowengine.transforms()}
    for wrong in ([], [{"type": "spline7"}], [{"type": "actnorm", "hidden": 3}], None):
        with pytest.raises(flowengine.InvalidArgumentError):
            flowengine.Transforms(wrong).fit(rows, epochs=1)


def test_classes_work_with_the_defaults_of_every_kind():
    rows = np.random.default_rng(1).normal(size=(40, 2))
    y = np.arange(40) % 2
    for kind in (flowengine.MAF, flowengine.IAF, flowengine.NICE, flowengine.DenseGlow, flowengine.NSF):
        model = kind(classes=2, hidden=4).fit(rows, y, epochs=1)
        assert model.predict(rows).shape == (40,) and model.options_["condition"]["into"] in ("networks", "both")
