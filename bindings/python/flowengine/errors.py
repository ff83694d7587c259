"""What can go wrong, as exceptions that are also Python's own kinds."""
from __future__ import annotations

import sys


class FlowError(Exception):
    """An error of the engine: one line that says what is wrong, where, and what was expected."""

    #: The status of the C API.
    status = -99


class InvalidArgumentError(FlowError, ValueError):
    """An argument is out of range, or does not fit the model."""

    status = -1


class NotFittedError(InvalidArgumentError, AttributeError):
    """The model has no weights yet: fit it, build it, or load one."""


def not_fitted(message: str) -> NotFittedError:
    """The error of a model without weights, which is scikit-learn's too where a program uses that."""
    exceptions = sys.modules.get("sklearn.exceptions")
    if exceptions is None:
        return NotFittedError(message)
    return type("NotFittedError", (NotFittedError, exceptions.NotFittedError), {})(message)


class OutOfMemoryError(FlowError, MemoryError):
    """Memory ran out."""

    status = -2


class FileError(FlowError, OSError):
    """A file is missing, unreadable or unwritable."""

    status = -3


class BadFormatError(FlowError, ValueError):
    """A file is damaged, no checkpoint, or from a newer version."""

    status = -4


class NoDeviceError(FlowError, RuntimeError):
    """The device asked for, or the one an array is on, is not there."""

    status = -5


class CancelledError(FlowError):
    """A callback asked to stop."""

    status = -6


class DeviceError(FlowError, RuntimeError):
    """A device or its driver failed: a kernel did not compile or run, or the device was lost."""

    status = -7


class UnsupportedError(FlowError, NotImplementedError):
    """The device cannot do what was asked of it."""

    status = -8


class InternalError(FlowError, RuntimeError):
    """A fault of the library."""

    status = -99


_BY_STATUS = {
    kind.status: kind for kind in (
        InvalidArgumentError, OutOfMemoryError, FileError, BadFormatError, NoDeviceError, CancelledError, DeviceError,
        UnsupportedError, InternalError)
}


def from_status(status: int, message: str) -> FlowError:
    """The exception of a status."""
    error = _BY_STATUS.get(status, FlowError)(message)
    error.status = status
    return error
