"""
The anomaly detector with the names and signs of PyOD's detectors: the higher a score, the more anomalous the row.

    from flowengine.pyod import AnomalyDetector
    detector = AnomalyDetector(contamination=0.05).fit(rows)
    detector.labels_, detector.decision_function(new_rows)

PyOD itself is not needed.
"""
from __future__ import annotations

from typing import Any, Optional, TypeVar

import numpy as np
import numpy.typing as npt

from . import _anomalies
from ._estimator import Estimator
from ._inference import DoubleArray

_Self = TypeVar("_Self", bound="AnomalyDetector")


class AnomalyDetector(Estimator):
    """
    Finds anomalies in the rows of a table, after it has seen rows that are mostly normal.

    :param contamination: the share of anomalies among the training rows, above 0 and below 0.5: so many are left out, and
        so many are labelled. None where the rows are normal.
    :param false_alarms: without a contamination, the share of normal rows that may be called anomalies.
    :param seed: which rows set the threshold, and where the flows begin.
    """

    def __init__(
            self, contamination: Optional[float] = 0.1, *, false_alarms: float = 0.05, seed: int = 0) -> None:
        self.contamination = contamination
        self.false_alarms = false_alarms
        self.seed = seed

    def fit(self: _Self, x: Any, y: Any = None) -> _Self:
        """Fits rows, (n, d), n at least 8; y is not used."""
        self.detector_ = _anomalies.AnomalyDetector(**self.get_params()).fit(x, y)
        #: Rows of a higher score are anomalies.
        self.threshold_ = -self.detector_.offset_
        #: The scores of the training rows, (n).
        self.decision_scores_ = self.decision_function(x)
        #: 1 for anomalies among the training rows, else 0, (n).
        self.labels_ = (self.decision_scores_ > self.threshold_).astype(np.int32)
        return self

    def decision_function(self, x: Any) -> DoubleArray:
        """The scores of rows, (n): about 1 for normal rows, and the higher the more anomalous."""
        return -self._fitted.score_samples(x)

    def predict(self, x: Any) -> npt.NDArray[np.int32]:
        """1 for anomalies and 0 for other rows, (n)."""
        return (self.decision_function(x) > self.threshold_).astype(np.int32)

    def fit_predict(self, x: Any, y: Any = None) -> npt.NDArray[np.int32]:
        """Fits rows and gives their labels."""
        return self.fit(x, y).labels_

    @property
    def _fitted(self) -> _anomalies.AnomalyDetector:
        return vars(self).get("detector_", _anomalies.AnomalyDetector())
