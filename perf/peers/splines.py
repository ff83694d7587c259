#!/usr/bin/env python3
"""
Neural spline flows beside nflows, zuko and normflows: the same conditional model with the same weights, one thread each.

    FLOWENGINE_LIBRARY=artifacts/native/libflowengine.so PYTHONPATH=bindings/python:PEERS python3 perf/peers/splines.py

PEERS holds the packages; what is not found there is named as skipped. Needs NumPy and torch.

The model is what simulation-based inference takes: 6 columns given 3 numbers, 5 couplings of 10 bins by networks of 2 x 50.
Its log densities must agree before anything is timed. A figure is the median over rounds, in which all take turns, and a
ratio the median over rounds of the peer's time by FlowEngine's in the same round: a machine's speed drifts. FlowEngine is
called by ctypes, as C would be; its calls get arrays that are there, and so do the peers'. A training step is the loss, its
gradients and Adam.
"""
from __future__ import annotations

import argparse
import ctypes
import importlib
import json
import statistics
import sys
import time
from typing import Any, Callable

import numpy as np
import torch
from torch import nn

import flowengine
from flowengine import _ffi

DIMS, GIVEN, BLOCKS, HIDDEN, BINS, BOUND = 6, 3, 5, 50, 10, 5.0
PASSING = DIMS // 2
RAW = (DIMS - PASSING) * (3 * BINS - 1)
BATCHES = (1, 64, 10_000)
TRAINING_BATCH = 256
SECONDS = 0.2  # of one timing, about


class FlowEngine:
    """Ours, of the parametrization that a peer has."""

    def __init__(self, parametrization: str) -> None:
        self.flow = flowengine.NSF(
            blocks=BLOCKS, hidden=HIDDEN, hidden_layers=2, spline_bins=BINS, bound=BOUND, spline=parametrization,
            mixing="reverse", condition_columns=GIVEN, condition_into="networks", threads=1).build((DIMS,))
        options = _ffi.TrainerOptions(batch=TRAINING_BATCH, clip=-1, ema_decay=-1, warmup_images=-1)
        self.trainer = _ffi.Handle("flow_trainer_free")
        x, given = rows(TRAINING_BATCH)
        self.flow.initialize(x, given)
        _ffi.call("flow_trainer_create", self.flow._model, ctypes.byref(options), self.trainer.out)

    def networks(self) -> list[list[tuple[torch.Tensor, torch.Tensor]]]:
        """Weights (out, in) and biases of each block's layers."""
        arrays = self.flow.parameters()
        names = list(arrays)
        blocks = []
        for block in range(BLOCKS):
            of_block = [torch.tensor(arrays[name]) for name in names if name.startswith(f"blocks.{block}.coupling")]
            weights = [array for array in of_block if array.ndim == 2]
            biases = [array for array in of_block if array.ndim == 1]
            blocks.append(list(zip(weights, biases)))
        return blocks

    def log_prob(self, x: np.ndarray, given: np.ndarray) -> Callable[[], Any]:
        result = np.empty(len(x))
        call = _ffi.Call(condition=given.ctypes.data, condition_length=given.size)
        arguments = self._arguments(x, call, result)
        return self._calling("flow_model_log_prob", arguments, result)

    def sample(self, x: np.ndarray, given: np.ndarray) -> Callable[[], Any]:
        result = np.empty_like(x)
        call = _ffi.Call(condition=given.ctypes.data, condition_length=given.size)
        arguments = (
            self.flow._model, ctypes.c_int64(len(x)), ctypes.c_double(1), ctypes.c_uint64(0), ctypes.byref(call),
            ctypes.c_void_p(result.ctypes.data), ctypes.c_size_t(result.size))
        return self._calling("flow_model_sample", arguments, result)

    def step(self, x: np.ndarray, given: np.ndarray) -> Callable[[], Any]:
        metrics = _ffi.Metrics()
        call = _ffi.Call(condition=given.ctypes.data, condition_length=given.size)
        arguments = (
            self.trainer.pointer, ctypes.c_void_p(x.ctypes.data), ctypes.c_size_t(x.size), ctypes.byref(call),
            ctypes.byref(metrics))
        return self._calling("flow_trainer_step", arguments, (x, given, metrics))

    def _arguments(self, x: np.ndarray, call: Any, result: np.ndarray) -> tuple[Any, ...]:
        return (
            self.flow._model, ctypes.c_void_p(x.ctypes.data), ctypes.c_size_t(x.size), ctypes.byref(call),
            ctypes.c_void_p(result.ctypes.data), ctypes.c_size_t(result.size))

    @staticmethod
    def _calling(name: str, arguments: tuple[Any, ...], result: Any) -> Callable[[], Any]:
        function = getattr(_ffi.library, name)
        _ffi.call(name, *arguments)

        def run() -> Any:
            if function(*arguments):
                sys.exit(f"{name}: {_ffi.text('flow_last_error')}")
            return result

        return run


class Peer:
    """A model of PyTorch with FlowEngine's weights."""

    parametrization = "nflows"

    def __init__(self, package: Any, networks: list[list[tuple[torch.Tensor, torch.Tensor]]]) -> None:
        self.module = self.build(package, networks)
        self.optimizer = torch.optim.Adam(self.module.parameters(), lr=1e-3)

    def build(self, package: Any, networks: list[list[tuple[torch.Tensor, torch.Tensor]]]) -> nn.Module:
        raise NotImplementedError

    def density(self, x: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
        return self.module.log_prob(x, given)

    def draw(self, given: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def log_prob(self, x: np.ndarray, given: np.ndarray) -> Callable[[], Any]:
        values, context = torch.tensor(x), torch.tensor(given)

        def run() -> np.ndarray:
            with torch.no_grad():
                return self.density(values, context).numpy()

        return run

    def sample(self, x: np.ndarray, given: np.ndarray) -> Callable[[], Any]:
        context = torch.tensor(given)

        def run() -> np.ndarray:
            with torch.no_grad():
                return self.draw(context).numpy()

        return run

    def step(self, x: np.ndarray, given: np.ndarray) -> Callable[[], Any]:
        values, context = torch.tensor(x), torch.tensor(given)

        def run() -> None:
            self.optimizer.zero_grad(set_to_none=True)
            (-self.density(values, context).mean()).backward()
            self.optimizer.step()

        return run


class Dense(nn.Sequential):
    """A network with FlowEngine's weights, which reads what is given and then the columns that pass."""

    def __init__(self, layers: list[tuple[torch.Tensor, torch.Tensor]], given_last: bool = False) -> None:
        modules: list[nn.Module] = []
        for weight, bias in layers:
            linear = nn.Linear(weight.shape[1], weight.shape[0])
            linear.weight.data, linear.bias.data = weight.clone(), bias.clone()
            modules += [linear, nn.ReLU()]
        if given_last:
            first = modules[0].weight.data
            modules[0].weight.data = torch.cat([first[:, GIVEN:], first[:, :GIVEN]], 1)
        super().__init__(*modules[:-1])

    def forward(self, passing: torch.Tensor, context: torch.Tensor | None = None) -> torch.Tensor:
        return super().forward(passing if context is None else torch.cat([context, passing], 1))


def mask() -> torch.Tensor:
    """1 for what a coupling moves."""
    return (torch.arange(DIMS) >= PASSING).int()


class Nflows(Peer):
    def build(self, package: Any, networks: list[list[tuple[torch.Tensor, torch.Tensor]]]) -> nn.Module:
        transforms = importlib.import_module("nflows.transforms")
        layers = []
        for network in networks:
            layers.append(transforms.ReversePermutation(DIMS))
            layers.append(transforms.PiecewiseRationalQuadraticCouplingTransform(
                mask(), lambda _in, _out, network=network: Dense(network), num_bins=BINS, tails="linear",
                tail_bound=BOUND))
        normal = importlib.import_module("nflows.distributions.normal").StandardNormal([DIMS])
        return importlib.import_module("nflows.flows.base").Flow(transforms.CompositeTransform(layers), normal)

    def draw(self, given: torch.Tensor) -> torch.Tensor:
        return self.module.sample(1, given)[:, 0]


class Normflows(Peer):
    def build(self, package: Any, networks: list[list[tuple[torch.Tensor, torch.Tensor]]]) -> nn.Module:
        coupling = importlib.import_module("normflows.flows.neural_spline.coupling")

        class Block(package.flows.Flow):
            """A flip and a coupling; the package's inverse is from the data to the latents."""

            def __init__(self, network: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
                super().__init__()
                self.coupling = coupling.PiecewiseRationalQuadraticCoupling(
                    mask(), lambda _in, _out: Dense(network), num_bins=BINS, tails="linear", tail_bound=BOUND)

            def inverse(self, z: torch.Tensor, context: torch.Tensor | None = None) -> Any:
                return self.coupling(z.flip(1), context)

            def forward(self, z: torch.Tensor, context: torch.Tensor | None = None) -> Any:
                x, log_det = self.coupling.inverse(z, context)
                return x.flip(1), log_det

        base = package.distributions.DiagGaussian(DIMS, trainable=False)
        return package.ConditionalNormalizingFlow(base, [Block(network) for network in reversed(networks)])

    def draw(self, given: torch.Tensor) -> torch.Tensor:
        return self.module.sample(len(given), given)[0]


class Zuko(Peer):
    parametrization = "zuko"

    def build(self, package: Any, networks: list[list[tuple[torch.Tensor, torch.Tensor]]]) -> nn.Module:
        flows, lazy = importlib.import_module("zuko.flows.coupling"), importlib.import_module("zuko.lazy")
        transforms, distributions = importlib.import_module("zuko.transforms"), importlib.import_module("zuko.distributions")
        layers = []
        for network in networks:
            layers.append(lazy.UnconditionalTransform(
                transforms.PermutationTransform, torch.arange(DIMS - 1, -1, -1), buffer=True))
            layer = flows.GeneralCouplingTransform(
                DIMS, GIVEN, mask() == 0, transforms.MonotonicRQSTransform, [(BINS,), (BINS,), (BINS - 1,)],
                hidden_features=(HIDDEN, HIDDEN))
            layer.hyper = Dense(network, given_last=True)
            layers.append(layer)
        base = lazy.UnconditionalDistribution(
            distributions.DiagNormal, torch.zeros(DIMS), torch.ones(DIMS), buffer=True)
        return lazy.Flow(layers, base)

    def density(self, x: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
        return self.module(given).log_prob(x)

    def draw(self, given: torch.Tensor) -> torch.Tensor:
        return self.module(given).sample()


def rows(count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.standard_normal((count, DIMS), np.float32), random.standard_normal((count, GIVEN), np.float32)


def seconds(run: Callable[[], Any], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - start) / calls


def calls_of(run: Callable[[], Any]) -> int:
    """How many fill one timing."""
    run()
    return max(1, min(10_000, int(SECONDS / seconds(run, 2))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", help="where to write every measurement")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)

    ours = {name: FlowEngine(name) for name in ("nflows", "zuko")}
    peers: dict[str, Peer] = {}
    for name, kind in (("nflows", Nflows), ("zuko", Zuko), ("normflows", Normflows)):
        try:
            package = importlib.import_module(name)
        except ImportError as error:
            print(f"{name}: skipped, {error}", file=sys.stderr)
            continue
        engine = ours[kind.parametrization]
        peers[name] = kind(package, engine.networks())
        x, given = rows(1000)
        difference = np.abs(engine.log_prob(x, given)() - peers[name].log_prob(x, given)()).max()
        if not difference <= 1e-3:
            sys.exit(f"{name}: log densities differ by {difference:.2g}, expected 0.001 at most")
        print(f"{name}: log densities of 1,000 rows differ by {difference:.1e} at most", file=sys.stderr)

    everyone: dict[str, Any] = {"flowengine": ours["nflows"], **peers}
    cases = [(what, batch) for what in ("log_prob", "sample") for batch in BATCHES] + [("step", TRAINING_BATCH)]
    table: dict[str, dict[str, list[float]]] = {}
    for what, batch in cases:
        x, given = rows(batch)
        runs = {name: getattr(one, what)(x, given) for name, one in everyone.items()}
        calls = {name: calls_of(run) for name, run in runs.items()}
        measured = table[f"{what} {batch}"] = {name: [] for name in runs}
        for _ in range(args.rounds):
            for name, run in runs.items():
                measured[name].append(seconds(run, calls[name]))

    print(f"torch {torch.__version__}, {_ffi.text('flow_instruction_set')}, one thread, {args.rounds} rounds, "
          "microseconds a call (ratio)")
    print("| | " + " | ".join(everyone) + " |")
    print("|---" * (len(everyone) + 1) + "|")
    for case, measured in table.items():
        cells = []
        for name, times in measured.items():
            ratio = statistics.median(theirs / own for theirs, own in zip(times, measured["flowengine"]))
            text = f"{statistics.median(times) * 1e6:,.1f}"
            cells.append(text if name == "flowengine" else f"{text} ({ratio:.1f})")
        print(f"| {case} | " + " | ".join(cells) + " |")
    if args.json:
        with open(args.json, "w") as file:
            json.dump(table, file, indent=1)


if __name__ == "__main__":
    main()
