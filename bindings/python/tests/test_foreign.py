"""
Flows of zuko, nflows and normflows from live objects.

The libraries are not installed where this runs: objects of the same names of classes and attributes stand in for theirs, with the
recorded weights, and give what the libraries gave.
"""
from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, Optional

import numpy as np
import pytest

import flowengine
from conftest import REPOSITORY

RECORDED = REPOSITORY / "tests/FlowEngine.Tests/Golden/foreign"
DTYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "BOOL": np.bool_}
FROM = {"zuko": flowengine.from_zuko, "nflows": flowengine.from_nflows, "normflows": flowengine.from_normflows}


def read(path: Any) -> dict[str, np.ndarray]:
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    tensors = {}
    for name, entry in json.loads(content[8:start]).items():
        if name != "__metadata__":
            first, end = (start + offset for offset in entry["data_offsets"])
            tensors[name] = np.frombuffer(content[first:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def thing(name: str, **attributes: Any) -> Any:
    """An object of a class of this name."""
    return type(name, (SimpleNamespace,), {})(**attributes)


def function(name: str) -> Any:
    def apply(x: Any) -> Any:
        return x
    apply.__name__ = name
    return apply


class Weights:
    """A state dict, and what of it a module has."""

    def __init__(self, folder: str) -> None:
        self.state = read(RECORDED / folder / "weights.safetensors")
        self.description = json.loads((RECORDED / folder / "flow.json").read_text())

    def linear(self, path: str) -> Any:
        return thing("Linear", weight=self.state[f"{path}.weight"])

    def count(self, path: str, part: str) -> int:
        count = 0
        while f"{path}.{count}.{part}" in self.state:
            count += 1
        return count

    def flow(self, name: str, **attributes: Any) -> Any:
        return thing(name, state_dict=lambda: self.state, **attributes)


def zuko(folder: str) -> Any:
    weights = Weights(folder)
    transforms = []
    for index in range(weights.description["arguments"]["transforms"]):
        path = f"transform.transforms.{index}"
        hyper = [weights.linear(f"{path}.hyper.0")]
        for layer in range(2, 2 * weights.count(path + ".hyper", "weight") + 8, 2):
            if f"{path}.hyper.{layer}.weight" in weights.state:
                hyper += [thing("ReLU", inplace=False), weights.linear(f"{path}.hyper.{layer}")]
        bins = weights.description["arguments"].get("bins")
        univariate: Any = thing("MonotonicAffineTransform") if bins is None else thing(
            "partial", func=function("MonotonicRQSTransform"), args=(), keywords={"slope": 1e-3})
        order, mask = weights.state.get(f"{path}.order"), weights.state.get(f"{path}.mask")
        transforms.append(thing(
            "GeneralCouplingTransform" if order is None else "MaskedAutoregressiveTransform",
            order=order, mask=mask, hyper=hyper, univariate=univariate, shapes=[(bins,)] * 3))
    base = thing(
        "UnconditionalDistribution", f=function("DiagNormal"), loc=weights.state["base.loc"], scale=weights.state["base.scale"])
    return weights.flow("NSF", transform=thing("LazyComposedTransform", transforms=transforms), base=base)


def residual(weights: Weights, path: str, made: bool, activation: Any) -> Any:
    block = [thing("ResidualBlock", activation=activation)]
    blocks = block * weights.count(f"{path}.blocks", "linear_layers.0.weight")
    context = {} if f"{path}.context_layer.weight" not in weights.state else {
        "context_layer": weights.linear(f"{path}.context_layer")}
    gate = weights.state.get(f"{path}.blocks.0.context_layer.weight")
    if made:
        plain = [thing("MaskedFeedforwardBlock", activation=activation)] * weights.count(f"{path}.blocks", "linear.weight")
        return thing("MADE", blocks=blocks or plain, use_residual_blocks=not plain, activation=activation, **context)
    return thing("ResidualNet", blocks=blocks, context_features=None if gate is None else gate.shape[1])


def nflows(folder: str, activation: Optional[Any] = None) -> Any:
    weights = Weights(folder)
    relu = activation or function("relu")
    transforms = []
    for index, module in enumerate(weights.description["transforms"]):
        path, arguments = f"_transform._transforms.{index}", module.get("arguments", {})
        attributes: dict[str, Any] = {"eps": arguments.get("eps", 1e-5), "_dim": 1}
        if "num_bins" in arguments:
            attributes |= {
                "num_bins": arguments["num_bins"], "tails": arguments["tails"], "tail_bound": arguments["tail_bound"],
                "min_bin_width": 1e-3, "min_bin_height": 1e-3, "min_derivative": 1e-3}
        if "network" in module:
            attributes |= {"transform_net": residual(weights, f"{path}.transform_net", False, relu), "unconditional_transform": None}
        elif f"{path}.autoregressive_net.initial_layer.weight" in weights.state:
            attributes["autoregressive_net"] = residual(weights, f"{path}.autoregressive_net", True, relu)
        if module["class"] == "LULinear":
            attributes["eps"] = 1e-3
        transforms.append(thing(module["class"], **attributes))
    return weights.flow(
        "Flow", _transform=thing("CompositeTransform", _transforms=transforms), _embedding_net=thing("Identity"),
        _distribution=thing("StandardNormal", _shape=(weights.description["features"],)))


def normflows(folder: str) -> Any:
    weights = Weights(folder)
    flows = []
    for index, module in enumerate(weights.description["flows"]):
        path, arguments = f"flows.{index}", module.get("arguments", {})
        attributes: dict[str, Any] = {}
        for key in ("s", "t"):
            if key in module:
                net = [weights.linear(f"{path}.{key}.net.0")]
                for layer in (2, 4):
                    net += [thing("LeakyReLU", negative_slope=0.0), weights.linear(f"{path}.{key}.net.{layer}")]
                attributes[key] = thing("MLP", net=net, state_dict=None)
        for inner, net, made in (("prqct", "transform_net", False), ("mprqat", "autoregressive_net", True)):
            if f"{path}.{inner}.{net}.initial_layer.weight" in weights.state:
                attributes[inner] = thing(
                    "Spline", num_bins=arguments.get("num_bins", 8), tails="linear", tail_bound=arguments.get("tail_bound", 3.0),
                    **{net: residual(weights, f"{path}.{inner}.{net}", made, thing("ReLU"))})
        flows.append(thing(module["class"], **attributes))
    return weights.flow("NormalizingFlow", q0=thing("DiagGaussian", loc=weights.state["q0.loc"]), flows=flows)


LIVE = {"zuko": zuko, "nflows": nflows, "normflows": normflows}


@pytest.mark.parametrize("name", [
    "zuko-maf-context", "zuko-nice", "zuko-nsf", "zuko-nsf-context", "zuko-realnvp", "nflows-actnorm-affine", "nflows-maf-context",
    "nflows-nsf", "nflows-nsf-context", "nflows-spline-maf", "normflows-realnvp", "normflows-ar-spline",
    "normflows-coupling-spline"])
def test_a_live_flow_gives_what_its_library_gave(name: str) -> None:
    library = name.split("-")[0]
    model = FROM[library](LIVE[library](name), threads=2)
    recorded = read(RECORDED / name / "io.safetensors")
    x, context = (None if value is None else value.astype(np.float32) for value in (recorded["x"], recorded.get("context")))

    def close(actual: np.ndarray, expected: np.ndarray, tolerance: float) -> bool:
        size = np.maximum(1, np.abs(expected.reshape(len(expected), -1)).max(1)).reshape(-1, *[1] * (expected.ndim - 1))
        return bool((np.abs(actual - expected) <= tolerance * size).all())

    assert close(model.log_prob(x, context), recorded["log_prob"], 1e-5)
    assert close(model.forward(x, context), recorded["z"], 1e-5)
    assert close(model.inverse(recorded["noise"].astype(np.float32), context), recorded["x_of_noise"], 1e-5)
    gradients = model.log_prob_gradient(x, context, of_condition=context is not None)
    assert close(gradients[1], recorded["dlog_prob_dx"], 4e-5)
    if context is not None:
        assert close(gradients[2], recorded["dlog_prob_dcontext"], 4e-5)


def test_a_uniform_base_has_no_density_beside_its_box() -> None:
    for name in ("zuko-nsf", "nflows-nsf", "normflows-coupling-spline"):
        library = name.split("-")[0]
        x = read(RECORDED / name / "io.safetensors")["x"].astype(np.float32)
        gaussian = FROM[library](LIVE[library](name), threads=2)
        latents = gaussian.forward(x)
        least, most = np.full(x.shape[1], -1.5, np.float32), np.full(x.shape[1], 2.0, np.float32)
        flow = LIVE[library](name)
        state = {key: value for key, value in flow.state_dict().items() if not key.startswith(("base.", "_distribution.", "q0."))}
        if library == "zuko":
            flow.base = thing("UnconditionalDistribution", f=function("BoxUniform"), _0=least, _1=most)
            state |= {"base._0": least, "base._1": most}
        elif library == "nflows":
            flow._distribution = thing("BoxUniform", event_shape=(len(least),), base_dist=thing("Uniform", low=least, high=most))
        else:
            flow.q0 = thing("Uniform", shape=(len(least),), low=np.float32(-1.5), high=np.float32(2.0))
        flow.state_dict = lambda: state
        model = FROM[library](flow, threads=2)
        logarithm = gaussian.log_prob(x)
        if library == "normflows":
            location, scale = (LIVE[library](name).state_dict()[f"q0.{part}"] for part in ("loc", "log_scale"))
        else:
            location, scale = 0.0, 0.0
        noise = (latents - location) * np.exp(-scale)
        expected = logarithm + (0.5 * noise ** 2 + scale + 0.5 * np.log(2 * np.pi)).sum(1) - len(least) * np.log(3.5)
        inside = ((latents >= least) & (latents <= most)).all(1)
        assert inside.any() and not inside.all()
        result = model.log_prob(x)
        assert np.isneginf(result[~inside]).all()
        assert np.allclose(result[inside], expected[inside], rtol=2e-5, atol=2e-5)
        samples = model.forward(model.sample(64, seed=1))
        assert ((samples >= least - 1e-4) & (samples <= most + 1e-4)).all()


def test_an_imported_model_is_an_ordinary_one(tmp_path: Any) -> None:
    model = flowengine.from_zuko(zuko("zuko-nsf-context"), threads=2)
    random = np.random.default_rng(0)
    rows = (random.standard_normal((256, 3)) * 0.5 + 1).astype(np.float32)
    context = random.standard_normal((256, 3)).astype(np.float32)
    model.save(tmp_path / "model.safetensors")
    again = flowengine.load(tmp_path / "model.safetensors", threads=2)
    assert isinstance(again, flowengine.Transforms)
    assert (again.log_prob(rows, context) == model.log_prob(rows, context)).all()
    assert np.isfinite(model.sample(7, context[:1], seed=1)).all()
    before = model.log_prob(rows, context).mean()
    model.set_params()
    model.fit(rows, context, epochs=10, batch_size=64, warm_start=True)
    assert np.isfinite(model.history_).all()
    assert model.log_prob(rows, context).mean() > before + 0.1
    assert (again.log_prob(rows, context) != model.log_prob(rows, context)).any()


def test_what_is_not_read_is_named_with_its_place() -> None:
    flow = zuko("zuko-nsf")
    flow.transform.transforms[1] = thing("ElementWiseTransform")
    with pytest.raises(flowengine.UnsupportedError, match=r"transform\.transforms\.1 \(ElementWiseTransform\)"):
        flowengine.from_zuko(flow)
    flow = zuko("zuko-nsf")
    flow.transform.transforms[0].hyper[1] = thing("Softplus")
    with pytest.raises(flowengine.UnsupportedError, match=r"transform\.transforms\.0\.hyper: .*several activations"):
        flowengine.from_zuko(flow)
    flow.transform.transforms[0].hyper[3] = thing("Softplus")
    with pytest.raises(flowengine.UnsupportedError, match=r"transform\.transforms\.0 .*Softplus, expected one of ReLU"):
        flowengine.from_zuko(flow)
    flow.base = thing("UnconditionalDistribution", f=function("BoxUniform"))
    with pytest.raises(flowengine.UnsupportedError, match=r"hyper|BoxUniform"):
        flowengine.from_zuko(flow)
    with pytest.raises(flowengine.UnsupportedError, match=r"transform_net \(<lambda>\).*lambda"):
        flowengine.from_nflows(nflows("nflows-nsf-context", activation=lambda x: x))
    flow = nflows("nflows-nsf")
    flow._embedding_net = thing("Linear")
    with pytest.raises(flowengine.UnsupportedError, match=r"_embedding_net \(Linear\)"):
        flowengine.from_nflows(flow)
    flow = normflows("normflows-realnvp")
    flow.flows[2].s.net[1].negative_slope = 0.1
    with pytest.raises(flowengine.UnsupportedError, match=r"flows\.2\.s \(MLP\).*one slope"):
        flowengine.from_normflows(flow)
    flow.flows[0] = thing("Planar")
    with pytest.raises(flowengine.UnsupportedError, match=r"flows\.0 \(Planar\)|one slope"):
        flowengine.from_normflows(flow)
    for convert in FROM.values():
        with pytest.raises(flowengine.InvalidArgumentError, match="expected a"):
            convert(object())
