"""
Flows that zuko, nflows or normflows made, from the live objects.

They are walked by the names of classes and attributes, so that none of the libraries is needed, nor is PyTorch: tensors come as
NumPy arrays. What is found goes to ``flow_model_import`` as a state dict and a description.
"""
from __future__ import annotations

import ctypes
import json
from typing import Any, Iterator, Optional

import numpy as np

from . import _device, _ffi
from ._models import of_handle
from ._tables import Transforms
from ._training import to_handle
from .errors import InvalidArgumentError, UnsupportedError

_DTYPES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "uint8": "U8", "int8": "I8",
    "bool": "BOOL",
}


def from_zuko(flow: Any, *, device: str = "auto", threads: int = 0, precision: str = "fp32") -> Transforms:
    """
    A model of a flow of zuko: of ``MAF``, ``NSF``, ``RealNVP``, ``NICE``, or composed of their transforms.

    :param flow: the object; its weights are copied.
    :returns: a model as any other: ``log_prob(x, context)``, ``sample``, ``fit``, ``save``.
    :raises UnsupportedError: names the module that cannot be brought over, its place and what would be needed.
    """
    return _load("zuko", flow, _Zuko(flow).description(), device, threads, precision)


def from_nflows(flow: Any, *, device: str = "auto", threads: int = 0, precision: str = "fp32") -> Transforms:
    """A model of a flow of nflows, as it is in evaluation. Arguments and errors as for :func:`from_zuko`."""
    return _load("nflows", flow, _Nflows(flow).description(), device, threads, precision)


def from_normflows(flow: Any, *, device: str = "auto", threads: int = 0, precision: str = "fp32") -> Transforms:
    """A model of a flow of normflows, ``NormalizingFlow`` or ``ConditionalNormalizingFlow``. Otherwise as :func:`from_zuko`."""
    return _load("normflows", flow, _Normflows(flow).description(), device, threads, precision)


def _load(
        library: str, flow: Any, description: dict[str, Any], device: str, threads: int, precision: str) -> Transforms:
    weights = _safetensors(flow.state_dict())
    options = ctypes.byref(_device.options(device, threads, precision))
    handle = to_handle(
        "flow_model_free", "flow_model_import", weights, len(weights), library.encode(),
        json.dumps({"library": library, **description}).encode(), options)
    model = of_handle(handle, device, threads, precision)
    assert isinstance(model, Transforms)
    return model


def _array(tensor: Any) -> "np.ndarray[Any, Any]":
    tensor = tensor.detach().cpu() if hasattr(tensor, "detach") else tensor
    if str(getattr(tensor, "dtype", "")).endswith("bfloat16"):
        tensor = tensor.float()
    return np.ascontiguousarray(tensor)


def _safetensors(state: dict[str, Any]) -> bytes:
    header: dict[str, Any] = {}
    data = []
    offset = 0
    for name, tensor in state.items():
        array = _array(tensor)
        if array.dtype.name not in _DTYPES:
            raise UnsupportedError(f"{name}: its type is {array.dtype}, expected one of {', '.join(_DTYPES)}")
        content = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        # np.ascontiguousarray makes an array of one number of a scalar.
        header[name] = {
            "dtype": _DTYPES[array.dtype.name], "shape": list(tensor.shape), "data_offsets": [offset, offset + len(content)]}
        data.append(content)
        offset += len(content)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(data)


def _name(thing: Any) -> str:
    """The class of an object, or the name of a function or class."""
    return getattr(thing, "__name__", None) or type(thing).__name__


def _refuse(place: str, thing: Any, needed: str) -> UnsupportedError:
    return UnsupportedError(f"{place} ({_name(thing)}): {needed}")


def _activation(place: str, function: Any) -> dict[str, Any]:
    """An activation as arguments of a description: of a module, or of a function."""
    arguments = {"activation": _name(function)}
    for name in ("negative_slope", "alpha", "approximate"):
        if isinstance(getattr(function, name, None), (int, float, str)):
            arguments[name] = getattr(function, name)
    if _name(function) == "<lambda>":
        raise _refuse(place, function, "its activation is a lambda; needed: a function or module of PyTorch")
    return arguments


def _same_activation(place: str, functions: list[Any]) -> dict[str, Any]:
    found = [_activation(place, function) for function in functions]
    if any(other != found[0] for other in found):
        names = ", ".join(sorted({other["activation"] for other in found}))
        raise UnsupportedError(f"{place}: its network has several activations ({names}); needed: one of them for all layers")
    return found[0] if found else {}


def _box(place: str, kind: str, names: tuple[str, str], bounds: tuple[Any, Any]) -> dict[str, Any]:
    """A uniform base as a module of a description."""
    sides = [np.atleast_1d(_array(side).astype(np.float64)).tolist() for side in bounds]
    if any(len(side) != len(sides[0]) for side in sides):
        raise UnsupportedError(f"{place} ({kind}): its bounds differ in length")
    return {"class": kind, "arguments": {
        name: side if len(side) > 1 else side[0] for name, side in zip(names, sides)}}


def _only(place: str, thing: Any, names: tuple[str, ...]) -> None:
    if _name(thing) not in names:
        raise _refuse(place, thing, f"is not read; expected {' or '.join(names)}")


class _Zuko:
    def __init__(self, flow: Any) -> None:
        if not hasattr(flow, "transform") or not hasattr(flow, "base"):
            raise InvalidArgumentError(f"flow is a {_name(flow)}, expected a flow of zuko, with a transform and a base")
        self._flow = flow
        # Arguments of the base are attributes, by their names or positions.
        base = flow.base
        self._first, self._second = (
            next((getattr(base, name) for name in names if hasattr(base, name)), None)
            for names in (("loc", "lower", "_0"), ("scale", "upper", "_1")))
        self._features = int(self._first.shape[-1]) if getattr(self._first, "shape", ()) else 0
        self._context: Optional[int] = None

    def description(self) -> dict[str, Any]:
        transforms = [self._transform(module, path) for path, module in self._modules(self._flow.transform, "transform")]
        base = self._flow.base
        kind = _name(getattr(base, "f", base))
        found: Any = kind
        if kind == "BoxUniform" and self._features:
            found = _box("base", kind, ("lower", "upper"), (self._first, self._second))
        elif kind != "DiagNormal" or not hasattr(base, "scale"):
            raise UnsupportedError(f"base ({kind}): expected a DiagNormal with loc and scale, or a BoxUniform with two tensors")
        return {"features": self._features, "context": self._context or 0, "transforms": transforms, "base": found}

    def _modules(self, module: Any, path: str) -> Iterator[tuple[str, Any]]:
        if _name(module) == "LazyComposedTransform":
            for index, part in enumerate(module.transforms):
                yield from self._modules(part, f"{path}.transforms.{index}")
        else:
            yield path, module

    def _transform(self, module: Any, path: str) -> dict[str, Any]:
        kind = _name(module)
        if kind == "UnconditionalTransform":
            function = module.f
            _only(path, function, ("PermutationTransform", "LULinearTransform"))
            expected = {"PermutationTransform": "order", "LULinearTransform": "LU"}[_name(function)]
            if not hasattr(module, expected):
                raise _refuse(path, function, f"its argument is not given as {expected}=")
            return {"class": _name(function), "path": path}
        _only(path, module, ("MaskedAutoregressiveTransform", "GeneralCouplingTransform"))
        if kind == "MaskedAutoregressiveTransform" and module.order is None:
            raise _refuse(path, module, "it has an adjacency; needed: an order of its features")
        arguments = self._univariate(module, path)
        layers = list(module.hyper)
        residual = [layer for layer in layers if _name(layer) == "Residual"]
        functions = [layer for block in residual for layer in block if not hasattr(layer, "weight")]
        functions += [layer for layer in layers if not hasattr(layer, "weight") and layer not in residual]
        for index, layer in enumerate(layers):
            if _name(layer) == "LayerNorm":
                raise _refuse(f"{path}.hyper.{index}", layer, "needed: a network without normalization")
        arguments |= _same_activation(f"{path}.hyper", functions)
        if residual:
            arguments["residual"] = True
        known = self._features if kind == "MaskedAutoregressiveTransform" else int(np.sum(_array(module.mask)))
        context = int(layers[0].weight.shape[1]) - known
        if self._context not in (None, context):
            raise _refuse(path, module, f"reads a context of {context} numbers, another transform one of {self._context}")
        self._context = context
        return {"class": kind, "path": path, "arguments": arguments}

    @staticmethod
    def _univariate(module: Any, path: str) -> dict[str, Any]:
        function, options = module.univariate, dict[str, Any]()
        while hasattr(function, "func"):
            if function.args:
                raise _refuse(path, function.func, "it has positional arguments; needed: named ones")
            function, options = function.func, {**function.keywords, **options}
        arguments = {"univariate": _name(function), **options}
        if _name(function) == "MonotonicRQSTransform":
            arguments["bins"] = int(module.shapes[0][0])
        return arguments


class _Nflows:
    def __init__(self, flow: Any) -> None:
        if not hasattr(flow, "_transform") or not hasattr(flow, "_distribution"):
            raise InvalidArgumentError(f"flow is a {_name(flow)}, expected a Flow of nflows")
        self._flow = flow
        self._context: Optional[int] = None

    def description(self) -> dict[str, Any]:
        embedding = getattr(self._flow, "_embedding_net", None)
        if embedding is not None:
            _only("_embedding_net", embedding, ("Identity",))
        transforms = [self._transform(module, path) for path, module in self._modules(self._flow._transform, "_transform")]
        base = self._flow._distribution
        _only("_distribution", base, ("StandardNormal", "DiagonalNormal", "BoxUniform"))
        found: Any = _name(base)
        shape = tuple(base.event_shape if found == "BoxUniform" else base._shape)
        if found == "BoxUniform":
            found = _box("_distribution", found, ("low", "high"), (base.base_dist.low, base.base_dist.high))
        if len(shape) != 1:
            raise UnsupportedError(f"_distribution ({_name(base)}): its shape is {shape}, expected one dimension")
        return {"features": int(shape[0]), "context": self._context or 0, "transforms": transforms, "base": found}

    def _modules(self, module: Any, path: str) -> Iterator[tuple[str, Any]]:
        if _name(module) == "CompositeTransform":
            for index, part in enumerate(module._transforms):
                yield from self._modules(part, f"{path}._transforms.{index}")
        else:
            yield path, module

    def _transform(self, module: Any, path: str) -> dict[str, Any]:
        kind = _name(module)
        found: dict[str, Any] = {"class": kind, "path": path}
        arguments: dict[str, Any] = {}
        if kind == "BatchNorm":
            arguments["eps"] = float(module.eps)
        elif kind == "LULinear":
            arguments["eps"] = float(module.eps)
        elif kind in ("Permutation", "RandomPermutation", "ReversePermutation"):
            arguments["dim"] = int(module._dim)
        elif hasattr(module, "transform_net"):
            if getattr(module, "unconditional_transform", None) is not None:
                raise _refuse(path, module, "it has an unconditional transform; needed: none")
            if kind == "AffineCouplingTransform":
                arguments["scale_activation"] = self._scale_activation(module, path)
            found["network"] = self._network(module.transform_net, f"{path}.transform_net")
        elif hasattr(module, "autoregressive_net"):
            arguments |= self._made(module.autoregressive_net, f"{path}.autoregressive_net")
        if hasattr(module, "num_bins"):
            arguments["num_bins"] = int(module.num_bins)
            arguments["tail_bound"] = float(module.tail_bound) if hasattr(module, "tail_bound") else None
            # None is left out of a description, so no tails have a name here.
            arguments["tails"] = module.tails or "none"
            for name in ("min_bin_width", "min_bin_height", "min_derivative"):
                if hasattr(module, name):
                    arguments[name] = float(getattr(module, name))
        return {**found, "arguments": arguments}

    @staticmethod
    def _scale_activation(module: Any, path: str) -> str:
        function = getattr(module, "scale_activation", None)
        # Functions of a class body have a qualified name of no use: they are told by identity.
        for name in ("DEFAULT_SCALE_ACTIVATION", "GENERAL_SCALE_ACTIVATION"):
            if function is None or function is getattr(type(module), name, None):
                return name
        raise _refuse(path, module, "it has a scale_activation of its own; needed: DEFAULT_SCALE_ACTIVATION")

    def _network(self, network: Any, path: str) -> dict[str, Any]:
        _only(path, network, ("ResidualNet",))
        if getattr(network, "preprocessing", None) is not None:
            raise _refuse(f"{path}.preprocessing", network.preprocessing, "needed: none")
        self._reads(getattr(network, "context_features", None) or 0, path)
        return {
            "class": _name(network), "arguments": _same_activation(path, [block.activation for block in network.blocks])}

    def _made(self, made: Any, path: str) -> dict[str, Any]:
        preprocessing = getattr(made, "preprocessing", None)
        if preprocessing is not None:
            _only(f"{path}.preprocessing", preprocessing, ("Identity",))
        if hasattr(made, "hidden_features"):
            raise _refuse(path, made, "it has hidden_features, by which widths and heights are divided; needed: a MADE without")
        self._reads(int(made.context_layer.weight.shape[1]) if hasattr(made, "context_layer") else 0, path)
        functions = [block.activation for block in made.blocks]
        residual = bool(getattr(made, "use_residual_blocks", True))
        if getattr(made, "activation", None) is not None:
            functions.append(made.activation)
        return {"use_residual_blocks": residual, **_same_activation(path, functions)}

    def _reads(self, context: int, path: str) -> None:
        if self._context not in (None, context):
            raise UnsupportedError(
                f"{path}: reads a context of {context} numbers, another network one of {self._context}; needed: the same for all")
        self._context = context


class _Normflows(_Nflows):
    def __init__(self, flow: Any) -> None:
        if not hasattr(flow, "q0") or not hasattr(flow, "flows"):
            raise InvalidArgumentError(f"flow is a {_name(flow)}, expected a NormalizingFlow of normflows")
        self._flow = flow
        self._context = None

    def description(self) -> dict[str, Any]:
        flows = [self._flow_of(module, f"flows.{index}") for index, module in enumerate(self._flow.flows)]
        base = self._flow.q0
        _only("q0", base, ("DiagGaussian", "Uniform"))
        found: Any = _name(base)
        if found == "Uniform" and not hasattr(base, "low"):
            raise _refuse("q0", base, "expected that of normflows.distributions.base, with low and high")
        shape = tuple(base.shape if found == "Uniform" else base.loc.shape[1:])
        if found == "Uniform":
            found = _box("q0", found, ("low", "high"), (base.low, base.high))
        if len(shape) != 1:
            raise UnsupportedError(f"q0 ({_name(base)}): its shape is {shape}, expected one dimension")
        return {"features": int(shape[0]), "context": self._context or 0, "flows": flows, "base": found}

    def _flow_of(self, module: Any, path: str) -> dict[str, Any]:
        kind = _name(module)
        found: dict[str, Any] = {"class": kind, "path": path}
        arguments: dict[str, Any] = {}
        if kind == "Permute":
            arguments["mode"] = module.mode
        elif kind == "MaskedAffineFlow":
            for key in ("s", "t"):
                if hasattr(getattr(module, key), "state_dict"):
                    found[key] = self._mlp(getattr(module, key), f"{path}.{key}")
        elif kind == "AffineCouplingBlock":
            split, coupling, _ = module.flows
            arguments |= {"split_mode": split.mode, "scale": bool(coupling.scale), "scale_map": coupling.scale_map}
            found["param_map"] = self._mlp(coupling.param_map, f"{path}.flows.1.param_map")
        elif kind in ("CoupledRationalQuadraticSpline", "AutoregressiveRationalQuadraticSpline"):
            inner_path = f"{path}.{'prqct' if hasattr(module, 'prqct') else 'mprqat'}"
            inner = getattr(module, inner_path.rsplit(".", 1)[1])
            arguments |= {
                "num_bins": int(inner.num_bins), "tail_bound": float(np.max(_array(inner.tail_bound))), "tails": inner.tails or "none"}
            if hasattr(inner, "transform_net"):
                arguments |= self._network(inner.transform_net, f"{inner_path}.transform_net")["arguments"]
            else:
                made = inner.autoregressive_net
                arguments |= self._made(made, f"{inner_path}.autoregressive_net")
                del arguments["use_residual_blocks"]
        return {**found, "arguments": arguments}

    @staticmethod
    def _mlp(network: Any, path: str) -> dict[str, Any]:
        _only(path, network, ("MLP",))
        layers = list(network.net)
        for index, layer in enumerate(layers):
            place = f"{path}.net.{index}"
            if index % 2 == 0 and not hasattr(layer, "weight"):
                raise _refuse(place, layer, "expected a linear layer: needed is a network without dropout and output functions")
            if index % 2:
                _only(place, layer, ("LeakyReLU",))
        slopes = {float(layer.negative_slope) for layer in layers[1::2]}
        if len(slopes) > 1 or len(layers) % 2 == 0:
            raise _refuse(path, network, "needed: one slope of its leaky rectifiers, and no output function")
        return {"class": "MLP", "arguments": {"leaky": slopes.pop() if slopes else 0.0}}
