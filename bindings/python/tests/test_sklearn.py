"""What scikit-learn and pandas expect of estimators."""
from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import flowengine

sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed")
from sklearn.base import clone  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

SMALL = {"hidden": 8, "threads": 1}
TABLE_MODELS = [
    flowengine.MAF(blocks=1, **SMALL), flowengine.IAF(blocks=1, **SMALL), flowengine.NICE(blocks=2, hidden_layers=1, **SMALL),
    flowengine.DenseGlow(blocks=1, **SMALL), flowengine.NSF(blocks=1, **SMALL),
    flowengine.Transforms([{"type": "actnorm"}, {"type": "affine_coupling", "hidden": 8}], threads=1),
]


@pytest.mark.parametrize("model", TABLE_MODELS, ids=lambda model: type(model).__name__)
def test_check_estimator(model):
    check_estimator(model)


@pytest.fixture
def classes():
    random = np.random.default_rng(0)
    y = np.array(["low", "high"])[(np.arange(120) % 6 == 0).astype(int)]
    return random.normal(size=(120, 3)) + 4 * (y == "high")[:, None], y


def conditional(**more):
    return flowengine.MAF(blocks=1, hidden=16, classes=2, threads=1, **more)


def test_a_conditional_model_is_cloned_scored_and_searched(classes):
    x, y = classes
    fit = {"epochs": 20, "warmup_images": 100, "learning_rate": 3e-3, "batch_size": 20}
    model = conditional().fit(x, y, **fit)
    assert clone(model).get_params() == model.get_params()
    assert not hasattr(clone(model), "n_features_in_")
    assert (model.predict(x) == y).mean() > 0.95
    np.testing.assert_allclose(model.score(x, y), model.log_prob(x, y).mean())
    scores = cross_val_score(conditional(), x, y, cv=3, fit_params=fit)
    assert np.isfinite(scores).all() and scores.mean() > -6
    search = GridSearchCV(conditional(), {"hidden": [8, 16]}, cv=2).fit(x, y, **fit)
    assert search.best_params_["hidden"] in (8, 16)
    assert search.best_estimator_.get_params()["hidden"] == search.best_params_["hidden"]


@pytest.mark.parametrize("way", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_knows_how_often_its_classes_were(classes, way, tmp_path):
    x, y = classes
    model = conditional().fit(x, y, epochs=3)
    assert list(model.classes_) == ["high", "low"]
    np.testing.assert_allclose(model.class_prior_, [1 / 6, 5 / 6])
    model.save(tmp_path / "model.safetensors")
    for other in (way(model), flowengine.load(tmp_path / "model.safetensors")):
        np.testing.assert_array_equal(other.class_prior_, model.class_prior_)
        np.testing.assert_array_equal(other.predict(x), model.predict(x))
        np.testing.assert_array_equal(other.predict_proba(x), model.predict_proba(x))
    assert way(model).history_ == model.history_


def test_set_params_holds_for_the_next_fit_and_fit_begins_anew(classes):
    x = classes[0]
    model = flowengine.MAF(blocks=1, hidden=8, threads=1).fit(x, epochs=1)
    few = model.n_parameters
    first = model.fit(x, epochs=1).log_prob(x)
    np.testing.assert_array_equal(model.fit(x, epochs=1).log_prob(x), first)
    assert not np.array_equal(model.fit(x, epochs=1, warm_start=True).log_prob(x), first)
    assert model.set_params(hidden=16).fit(x, epochs=1).n_parameters > few
    loaded = flowengine.load(model.to_bytes())
    before = loaded.log_prob(x)
    np.testing.assert_allclose(loaded.fit(x, epochs=1, learning_rate=1e-30, ema_decay=0).log_prob(x), before, atol=1e-5)
    assert loaded.set_params(hidden=8).fit(x, epochs=1).n_parameters == few


def test_what_needs_a_fit_or_classes_says_so(classes):
    x = classes[0]
    with pytest.raises(NotFittedError):
        flowengine.MAF().score_samples(x)
    for model in (flowengine.MAF(), flowengine.MAF(blocks=1, hidden=8).fit(x, epochs=1)):
        assert not hasattr(model, "predict") and not hasattr(model, "classes_")
    assert hasattr(conditional(), "predict")


@pytest.mark.parametrize("wrong, says", [(np.nan, "row 5, column 1 is NaN"), (np.inf, "inf"), (1e200, "beyond float32")])
def test_a_fit_of_what_is_not_finite_is_refused_and_the_model_stays(classes, wrong, says):
    x = classes[0]
    model = flowengine.DenseGlow(blocks=1, hidden=8).fit(x, epochs=1)
    before = model.log_prob(x)
    bad = x.copy()
    bad[5, 1] = wrong
    with pytest.raises(ValueError, match=says):
        model.fit(bad)
    np.testing.assert_array_equal(model.log_prob(x), before)


def test_data_frames_of_whole_and_mixed_columns(classes):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    random = np.random.default_rng(1)
    frame = pandas.DataFrame(
        {"n": random.integers(0, 9, 80), "x": random.normal(size=80), "b": random.random(80) < 0.5},
        index=[f"row {i}" for i in range(80)])
    frame["gap"] = pandas.array(random.integers(0, 5, 80), dtype="Int64")
    model = flowengine.MAF(blocks=1, hidden=8, threads=1).fit(frame, epochs=1)
    assert list(model.feature_names_in_) == ["n", "x", "b", "gap"] and model.n_features_in_ == 4
    scores = model.score_samples(frame)
    np.testing.assert_array_equal(model.score_samples(frame[["gap", "b", "x", "n"]]), scores)
    np.testing.assert_array_equal(model.score_samples(frame.to_numpy(float)), scores)
    with pytest.raises(ValueError, match="lack the columns x"):
        model.score_samples(frame.drop(columns="x"))
    whole = frame[["n", "gap"]]
    assert np.isfinite(flowengine.MAF(blocks=1, hidden=8).fit(whole, epochs=1).score(whole))
    assert np.isfinite(flowengine.MAF(blocks=1, hidden=8).fit(np.arange(60).reshape(20, 3), epochs=1).history_).all()
    frame.loc["row 3", "gap"] = pandas.NA
    with pytest.raises(ValueError, match="row 3, column 3 is NaN"):
        flowengine.MAF().fit(frame)
    assert not hasattr(flowengine.MAF(blocks=1, hidden=8).fit(frame[["x", "n"]].to_numpy(), epochs=1), "feature_names_in_")


def test_a_pipeline_standardizes_and_scores(classes):
    x, y = classes
    pipeline = make_pipeline(StandardScaler(), flowengine.NICE(blocks=2, hidden=8, hidden_layers=1)).fit(x, y)
    assert np.isfinite(pipeline.score(x, y)) and pipeline.score_samples(x).shape == (len(x),)
