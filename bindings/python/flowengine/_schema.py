"""What a model knows of its data, and what that makes of rows, classes and images."""
from __future__ import annotations

import ctypes
import json
from typing import Any, Optional, Sequence

import numpy as np
import numpy.typing as npt

from . import _arrays, _ffi
from .errors import InvalidArgumentError


def read(model: ctypes.c_void_p) -> Optional[dict[str, Any]]:
    """The schema of a model; None where its checkpoint says nothing."""
    return _ffi.json_of("flow_model_schema", model)  # type: ignore[no-any-return]


def write(model: ctypes.c_void_p, schema: dict[str, Any]) -> None:
    text = json.dumps(schema).encode()
    _ffi.call("flow_model_set_schema", model, text, len(text))


def class_names(schema: Optional[dict[str, Any]]) -> Optional[list[str]]:
    """The names of the classes in the order of their numbers; None where the checkpoint has only numbers."""
    classes = (schema or {}).get("classes") or []
    return [one["name"] for one in classes] if classes and all("name" in one for one in classes) else None


def class_counts(schema: Optional[dict[str, Any]]) -> Optional[list[int]]:
    classes = (schema or {}).get("classes") or []
    return [one["count"] for one in classes] if classes and all("count" in one for one in classes) else None


def name_of(label: Any) -> str:
    """The name of a class as schemas have it: that of a whole number is the number."""
    text = str(label)
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else text


def labels_of(names: Sequence[str]) -> npt.NDArray[Any]:
    """The classes as labels: numbers where all names are numbers, else text."""
    if all(name.lstrip("-").isdigit() for name in names):
        return np.array([int(name) for name in names], np.int64)
    return np.array(names)


def columns(schema: dict[str, Any]) -> list[str]:
    """The columns of a table, those left out among them, without those of a condition."""
    return [column["name"] for column in schema["columns"]]


def columns_by_place(count: int) -> list[str]:
    """What columns without names are called."""
    return [f"column {index}" for index in range(count)]


def numbers(x: Any) -> npt.NDArray[Any]:
    """An array of real numbers of anything that holds such."""
    if hasattr(x, "tocsr"):
        raise TypeError("a sparse matrix was given, expected a dense array: x.toarray()")
    values = np.asarray(x) if hasattr(x, "columns") else _arrays.to_numpy(x)
    if values.dtype.kind == "O":
        # Columns of several types, or of a pandas type with gaps.
        values = x.to_numpy(np.float64, na_value=np.nan) if hasattr(x, "columns") else values.astype(np.float64)
    if values.dtype.kind == "c":
        raise InvalidArgumentError(f"Complex data not supported: rows are {values.dtype}, expected real numbers")
    if values.dtype.kind not in "fiub":
        raise TypeError(f"rows are {values.dtype}, expected numbers")
    return values


def training_rows(x: Any) -> npt.NDArray[Any]:
    """Rows to train on, (n, d); refuses other shapes, and values that nothing can be learned from."""
    values = numbers(x)
    shape = values.shape
    if len(shape) != 2:
        raise InvalidArgumentError(f"rows have the shape {shape}, expected (n, d)")
    if shape[0] == 0:
        raise InvalidArgumentError(f"rows have the shape {shape}, expected 1 row or more")
    if shape[1] == 0:
        raise InvalidArgumentError(f"rows have 0 feature(s) (shape={shape}) while a minimum of 1 is required.")
    with np.errstate(over="ignore"):
        require_finite(values.astype(np.float32), "NaN, inf or beyond float32")
    return values


def require_finite(values: npt.NDArray[Any], others: str = "NaN or inf") -> None:
    """Names the first value that is not finite."""
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        raise InvalidArgumentError(f"row {bad[0][0]}, column {bad[0][1]} is {others}, expected a finite number")


def rows(x: Any, names: list[str], model: str = "the model") -> npt.NDArray[np.float64]:
    """
    Rows of a table as the library takes them: of a data frame the columns by name, of arrays and of frames without any of
    the names by place.
    """
    found = [str(name) for name in getattr(x, "columns", ())]
    if found and set(found) & set(names):
        missing = [name for name in names if name not in found]
        if missing:
            raise InvalidArgumentError(f"the rows lack the columns {', '.join(missing)}, expected {', '.join(names)}")
        keys = list(x.columns)
        x = x[[keys[found.index(name)] for name in names]]
    values = numbers(x)
    if values.ndim == 2 and values.shape[1] != len(names):
        raise InvalidArgumentError(
            f"X has {values.shape[1]} features, but {model} is expecting {len(names)} features as input: the columns "
            f"{', '.join(names[:8])}")
    if values.ndim != 2:
        raise InvalidArgumentError(
            f"rows have the shape {values.shape}, expected (n, {len(names)}), the columns {', '.join(names[:8])}. Reshape "
            "your data: x.reshape(1, -1) is one row")
    return np.ascontiguousarray(values, dtype=np.float64)


def scale(model: ctypes.c_void_p, values: npt.NDArray[np.float64], dims: int) -> tuple[
        npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    """Rows in the units of their table to what the model sees, and what a log density of that needs added."""
    scaled, log_det = np.empty((len(values), dims), np.float32), np.empty(len(values))
    _ffi.call(
        "flow_model_rows_scale", model, values.ctypes.data, values.size, scaled.ctypes.data, scaled.size,
        log_det.ctypes.data, log_det.size)
    return scaled, log_det


def restore(model: ctypes.c_void_p, scaled: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.float64]:
    """What a model gives to rows of so many columns in the units of their table."""
    scaled = np.ascontiguousarray(scaled)
    values = np.empty((len(scaled), count))
    _ffi.call("flow_model_rows_restore", model, scaled.ctypes.data, scaled.size, values.ctypes.data, values.size)
    return values
