"""Training on several ranks: what the C API asks of a communicator, by one of Python."""
from __future__ import annotations

import ctypes
from typing import Any, Callable, Optional, Protocol

import numpy as np

from . import _ffi
from .errors import InvalidArgumentError

_SHARDS = 8


class Communicator(Protocol):
    """The processes that train one model: a power of two of them. A communicator of mpi4py is one."""

    def Get_rank(self) -> int:
        """This process, from 0."""

    def Get_size(self) -> int:
        """The number of processes."""

    def Sendrecv(self, sendbuf: np.ndarray, dest: int, *, recvbuf: np.ndarray, source: int) -> Any:
        """Sends bytes to a rank while it receives bytes of the same rank; arrays may be empty."""

    def Allreduce(self, sendbuf: np.ndarray, recvbuf: np.ndarray) -> Any:
        """Sums float32 numbers over all ranks; only ``reduce="fast"`` calls it."""


def shards_of(communicator: Optional[Communicator], shards: int) -> int:
    """The shards of a batch: with a communicator enough that so many ranks or fewer give the same bits."""
    if communicator is None:
        return shards
    for name in ("Get_rank", "Get_size", "Sendrecv", "Allreduce"):
        if not callable(getattr(communicator, name, None)):
            raise InvalidArgumentError(
                f"the communicator has no {name}, expected one of mpi4py or with Get_rank, Get_size, Sendrecv and Allreduce")
    return max(shards, _SHARDS, communicator.Get_size())


class Ranks:
    """A communicator as C sees it. Nothing may be raised into C, so an error waits until the call is back."""

    def __init__(self, communicator: Communicator) -> None:
        self.rank, self.size = communicator.Get_rank(), communicator.Get_size()
        self.error: Optional[BaseException] = None

        def send_receive(partner: int, sent: int, sent_bytes: int, received: int, received_bytes: int, _user: Any) -> int:
            return self._tried(lambda: communicator.Sendrecv(
                _array(sent, sent_bytes, np.uint8), partner, recvbuf=_array(received, received_bytes, np.uint8), source=partner))

        def all_reduce(values: int, length: int, _user: Any) -> int:
            own = _array(values, length, np.float32)
            return self._tried(lambda: communicator.Allreduce(own.copy(), own))

        self._struct = _ffi.Communicator(
            rank=self.rank, size=self.size, send_receive=_ffi.SendReceive(send_receive), all_reduce=_ffi.AllReduce(all_reduce))

    @property
    def struct(self) -> Any:
        """For C; valid as long as this object."""
        return ctypes.byref(self._struct)

    def part(self, batch: int) -> slice:
        """The part of a batch that this rank computes."""
        own = batch // self.size
        return slice(self.rank * own, (self.rank + 1) * own)

    def _tried(self, call: Callable[[], Any]) -> int:
        try:
            call()
        except BaseException as error:
            self.error = error
            return 1
        return 0


def _array(address: Optional[int], length: int, kind: Any) -> np.ndarray:
    if not length:
        return np.empty(0, kind)
    buffer = (ctypes.c_char * (length * np.dtype(kind).itemsize)).from_address(address or 0)
    return np.frombuffer(buffer, kind)
