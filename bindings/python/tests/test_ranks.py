"""Training on several ranks, here threads of this process that meet in queues."""
from __future__ import annotations

import queue
import threading
from typing import Any, Callable

import numpy as np
import pytest

import flowengine


class Rank:
    """As a communicator of mpi4py."""

    def __init__(self, rank: int, boxes: list[list["queue.Queue[np.ndarray]"]]) -> None:
        self._rank, self._boxes = rank, boxes

    def Get_rank(self) -> int:
        return self._rank

    def Get_size(self) -> int:
        return len(self._boxes)

    def Sendrecv(self, sendbuf: np.ndarray, dest: int, *, recvbuf: np.ndarray, source: int) -> None:
        self._boxes[self._rank][dest].put(sendbuf.copy())
        recvbuf[...] = self._boxes[source][self._rank].get(timeout=60)

    def Allreduce(self, sendbuf: np.ndarray, recvbuf: np.ndarray) -> None:
        for other in range(self.Get_size()):
            self._boxes[self._rank][other].put(sendbuf.copy())
        recvbuf[...] = sum(self._boxes[other][self._rank].get(timeout=60) for other in range(self.Get_size()))


def run(size: int, program: Callable[[Rank], Any]) -> list[Any]:
    boxes: list[list["queue.Queue[np.ndarray]"]] = [[queue.Queue() for _ in range(size)] for _ in range(size)]
    results: list[Any] = [None] * size

    def work(rank: int) -> None:
        try:
            results[rank] = program(Rank(rank, boxes))
        except BaseException as error:
            results[rank] = error

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 17, (64, 4, 4, 1), np.uint8)


def rows() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(64, 3))


@pytest.mark.parametrize("data, model", [(images, lambda: flowengine.Glow(bins=17, levels=1, steps=1, hidden=8, threads=1)),
                                         (rows, lambda: flowengine.MAF(blocks=1, hidden=8, threads=1))])
def test_ranks_give_the_bits_of_one_process(data: Any, model: Any) -> None:
    settings = {"epochs": 2, "batch_size": 16, "shards": 8}
    one = model().fit(data(), **settings).to_bytes()
    for size in (1, 2):
        assert run(size, lambda rank: model().fit(data(), communicator=rank, **settings).to_bytes()) == [one] * size


def test_the_fast_order_gives_all_ranks_the_same_bits() -> None:
    found = run(2, lambda rank: flowengine.MAF(blocks=1, hidden=8, threads=1).fit(
        rows(), epochs=1, batch_size=16, reduce="fast", communicator=rank).to_bytes())
    assert found[0] == found[1] and isinstance(found[0], bytes)


def test_what_fails_in_a_communicator_comes_back() -> None:
    class Broken(Rank):
        def Sendrecv(self, *arguments: Any, **names: Any) -> None:
            raise ConnectionError("the cable is out")

    with pytest.raises(ConnectionError, match="the cable is out"):
        flowengine.MAF(blocks=1, hidden=8).fit(rows(), epochs=1, communicator=Broken(0, [[], []]))


def test_an_object_that_is_no_communicator_is_refused() -> None:
    with pytest.raises(flowengine.InvalidArgumentError, match="has no Get_rank|has no Sendrecv"):
        flowengine.MAF(blocks=1, hidden=8).fit(rows(), epochs=1, communicator=object())  # type: ignore[arg-type]
