"""The anomaly detector of tables, as an estimator."""
from __future__ import annotations

import ctypes
import os
from typing import Any, Optional, TypeVar, Union

import numpy as np
import numpy.typing as npt

from . import _ffi, _schema
from ._estimator import Estimator
from ._inference import DoubleArray
from .errors import InvalidArgumentError, not_fitted

_Self = TypeVar("_Self", bound="AnomalyDetector")


class AnomalyDetector(Estimator):
    """
    Finds anomalies in the rows of a table, after it has seen rows that are mostly normal. It has nothing to tune.

    Arrays (n, d) of numbers are taken, or data frames, whose columns are matched by name. Signs are those of scikit-learn's
    outlier detectors: the higher, the more normal. ``flowengine.pyod`` has the signs of PyOD.

    :param contamination: the share of anomalies among the training rows, above 0 and below 0.5: so many are left out, and
        ``predict`` finds so many there. None where the rows are normal.
    :param false_alarms: without a contamination, the share of normal rows that ``predict`` may call anomalies.
    :param seed: which rows set the threshold, and where the flows begin.
    """

    _estimator_type = "outlier_detector"
    _handle: Optional[_ffi.Handle] = None

    def __init__(
            self, *, contamination: Optional[float] = None, false_alarms: float = 0.05, seed: int = 0) -> None:
        self.contamination = contamination
        self.false_alarms = false_alarms
        self.seed = seed

    # --- Making, loading, saving ---------------------------------------------------------------------------------

    def fit(self: _Self, x: Any, y: Any = None) -> _Self:
        """
        Fits rows; seconds to a minute on two cores.

        :param x: (n, d), n at least 8. Of many rows a part is fitted: 40,000, or fewer where there are more than 28 columns.
        :param y: not used.
        :returns: the detector itself.
        """
        del y
        rows = np.ascontiguousarray(_schema.training_rows(x), dtype=np.float64)
        count, columns = rows.shape
        for name in ("contamination", "false_alarms"):
            # Of the C API 0 is the default.
            if getattr(self, name) == 0:
                raise InvalidArgumentError(f"{name} is 0, expected a share above 0")
        names = [str(name).encode() for name in getattr(x, "columns", ())]
        options = _ffi.DetectorOptions(
            contamination=self.contamination or 0, false_alarms=self.false_alarms, seed=self.seed)
        handle = _ffi.Handle("flow_detector_free")
        try:
            _ffi.call(
                "flow_detector_fit", rows.ctypes.data, rows.size, (ctypes.c_char_p * columns)(*names) if names else None,
                columns, ctypes.byref(options), handle.out)
        except InvalidArgumentError as error:
            raise InvalidArgumentError(f"{error} (n_samples = {count})") from error
        self._take(handle)
        return self

    @classmethod
    def load(cls: type[_Self], source: Union[str, "os.PathLike[str]", bytes]) -> _Self:
        """
        A detector from a file.

        :param source: the file, the folder that ``flow detect`` wrote, or the bytes of a file.
        """
        detector = cls()
        detector._take(_open(source))
        info = detector._info()
        detector.contamination = info.contamination or None
        detector.false_alarms = info.false_alarms
        detector.seed = info.seed
        return detector

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes a file, whole or not at all."""
        _ffi.call("flow_detector_save", self._detector, os.fsencode(path))

    def to_bytes(self) -> bytes:
        """The file as bytes."""
        return _ffi.bytes_of("flow_detector_save_memory", self._detector)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_handle": None if self._handle is None else self.to_bytes()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._handle is not None:
            self._handle = _open(state["_handle"])

    # --- Asking --------------------------------------------------------------------------------------------------

    def score_samples(self, x: Any) -> DoubleArray:
        """Minus the scores of rows, (n): about -1 for normal rows, and the lower the more anomalous."""
        return -self._find(x)[0]

    def decision_function(self, x: Any) -> DoubleArray:
        """``score_samples(x) - offset_``, (n): below 0 for anomalies."""
        return self.score_samples(x) - self.offset_

    def predict(self, x: Any) -> npt.NDArray[np.int32]:
        """-1 for anomalies and 1 for other rows, (n)."""
        return 1 - 2 * self._find(x)[2]

    def fit_predict(self, x: Any, y: Any = None) -> npt.NDArray[np.int32]:
        """Fits rows and predicts them."""
        return self.fit(x, y).predict(x)

    def p_values(self, x: Any) -> DoubleArray:
        """The share of normal rows that would be as anomalous, (n): by training rows that the flows had not seen."""
        return self._find(x)[1]

    def explain(self, x: Any) -> DoubleArray:
        """
        How much each column has to do with the score of each row.

        :returns: (n, d): how far the score falls where the flows leave that column free, and 0 where the column is constant
            or a copy of another in the training rows. The largest of a row is the column to blame.
        """
        rows = self._rows(x)
        share = np.empty_like(rows)
        _ffi.call("flow_detector_explain", self._detector, rows.ctypes.data, rows.size, share.ctypes.data, share.size)
        return share

    @property
    def _detector(self) -> ctypes.c_void_p:
        if self._handle is None:
            raise not_fitted("the detector is not fitted: call fit, or AnomalyDetector.load")
        return self._handle.pointer

    def _info(self) -> _ffi.DetectorInfo:
        info = _ffi.DetectorInfo()
        _ffi.call("flow_detector_get_info", self._detector, ctypes.byref(info))
        return info

    def _take(self, handle: _ffi.Handle) -> None:
        self._handle = handle
        self._columns = _schema.columns(_ffi.json_of("flow_detector_schema", handle.pointer))
        #: What ``score_samples`` has at the threshold.
        self.offset_ = -self._info().threshold
        #: Columns of the table.
        self.n_features_in_ = len(self._columns)
        if self._columns != _schema.columns_by_place(len(self._columns)):
            #: Their names, where they have some.
            self.feature_names_in_ = np.array(self._columns, dtype=object)
        else:
            vars(self).pop("feature_names_in_", None)

    def _rows(self, x: Any) -> DoubleArray:
        _ = self._detector
        rows = _schema.rows(x, self._columns, type(self).__name__)
        _schema.require_finite(rows)
        return rows

    def _find(self, x: Any) -> tuple[DoubleArray, DoubleArray, npt.NDArray[np.int32]]:
        """Scores, p-values, and 1 for anomalies."""
        rows = self._rows(x)
        count = len(rows)
        score, p_value, is_anomaly = np.empty(count), np.empty(count), np.empty(count, np.int32)
        _ffi.call(
            "flow_detector_score", self._detector, rows.ctypes.data, rows.size, score.ctypes.data, count,
            p_value.ctypes.data, count, is_anomaly.ctypes.data, count)
        return score, p_value, is_anomaly


def _open(source: Union[str, "os.PathLike[str]", bytes]) -> _ffi.Handle:
    handle = _ffi.Handle("flow_detector_free")
    if isinstance(source, bytes):
        _ffi.call("flow_detector_load_memory", source, len(source), handle.out)
    else:
        _ffi.call("flow_detector_load", os.fsencode(source), handle.out)
    return handle
