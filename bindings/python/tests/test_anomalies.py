"""The anomaly detector in the conventions of scikit-learn and of PyOD."""
from __future__ import annotations

import copy
import os
import pickle

import numpy as np
import pytest

import flowengine
import flowengine.pyod

DETECTOR = flowengine.AnomalyDetector(seed=3)


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 3))
    x[:, 1] = x[:, 0] + 0.1 * x[:, 1]
    return x


@pytest.fixture(scope="module")
def fitted(rows):
    """No test changes it."""
    return flowengine.AnomalyDetector(seed=3).fit(rows)


def test_check_estimator():
    checks = pytest.importorskip("sklearn.utils.estimator_checks", reason="scikit-learn is not installed")
    checks.check_estimator(flowengine.AnomalyDetector())
    checks.check_estimator(flowengine.AnomalyDetector(contamination=0.1))


def test_signs_of_scikit_learn(rows, fitted):
    new = np.array([[0, 0, 0], [1, -1, 0]])
    scores = fitted.score_samples(new)
    assert scores[0] > -1 and scores[1] < -3
    np.testing.assert_array_equal(fitted.decision_function(new), scores - fitted.offset_)
    np.testing.assert_array_equal(fitted.predict(new), [1, -1])
    p = fitted.p_values(new)
    assert p[0] > 0.5 and p[1] == 1 / 201
    share = fitted.explain(new)
    assert share.shape == (2, 3) and set(share[1].argsort()[1:]) == {0, 1}


def test_contamination_flags_so_many(rows):
    dirty = np.concatenate([rows, np.random.default_rng(1).uniform(-9, 9, (20, 3))])
    detector = flowengine.AnomalyDetector(contamination=20 / 220)
    found = detector.fit_predict(dirty) == -1
    assert found.sum() == 20 and found[200:].sum() >= 18
    with pytest.raises(ValueError, match="contamination is 0,"):
        flowengine.AnomalyDetector(contamination=0).fit(rows)
    with pytest.raises(ValueError, match="false_alarms is 2"):
        flowengine.AnomalyDetector(false_alarms=2).fit(rows)
    with pytest.raises(ValueError, match="7 rows.*n_samples = 7"):
        detector.fit(rows[:7])
    np.testing.assert_array_equal(detector.predict(dirty) == -1, found)


def test_a_detector_is_saved_copied_and_pickled(rows, fitted, tmp_path):
    scores = fitted.score_samples(rows)
    fitted.save(tmp_path / "detector.safetensors")
    for other in (
            flowengine.AnomalyDetector.load(tmp_path / "detector.safetensors"),
            flowengine.AnomalyDetector.load(fitted.to_bytes()), copy.deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_array_equal(other.score_samples(rows), scores)
        assert other.get_params() == fitted.get_params() and other.offset_ == fitted.offset_
    with pytest.raises(flowengine.BadFormatError):
        flowengine.AnomalyDetector.load(b"nothing")
    with pytest.raises(flowengine.NotFittedError):
        pickle.loads(pickle.dumps(flowengine.AnomalyDetector())).score_samples(rows)


def test_columns_are_matched_by_name(rows):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(rows, columns=["a", "b", "c"])
    detector = flowengine.AnomalyDetector().fit(frame)
    assert list(detector.feature_names_in_) == ["a", "b", "c"] and detector.n_features_in_ == 3
    np.testing.assert_array_equal(detector.score_samples(frame[["c", "a", "b"]]), detector.score_samples(rows))
    with pytest.raises(ValueError, match="lack the columns b"):
        detector.predict(frame[["a", "c"]])
    assert not hasattr(detector.fit(rows), "feature_names_in_")


def test_names_and_signs_of_pyod(rows, fitted):
    detector = flowengine.pyod.AnomalyDetector(contamination=None, seed=3)
    with pytest.raises(flowengine.NotFittedError):
        detector.decision_function(rows)
    detector.fit(rows)
    np.testing.assert_array_equal(detector.decision_scores_, -fitted.score_samples(rows))
    np.testing.assert_array_equal(detector.predict(rows), detector.labels_)
    np.testing.assert_array_equal(detector.labels_, (detector.decision_scores_ > detector.threshold_).astype(int))
    assert flowengine.pyod.AnomalyDetector(0.05).fit_predict(rows).sum() == 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_scores_rows(rows, fitted):
    scores = fitted.score_samples(rows)
    child = os.fork()
    if child == 0:
        same = np.array_equal(fitted.score_samples(rows), scores)
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0
