"""GlowModule against a plain PyTorch Glow: densities, every gradient, and training."""
from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from conftest import REPOSITORY

torch = pytest.importorskip("torch")

import flowengine  # noqa: E402
from flowengine.torch import GlowModule  # noqa: E402

LEVELS, STEPS, HIDDEN = 2, 2, 16


@pytest.fixture(scope="module")
def peer_code():
    spec = importlib.util.spec_from_file_location("torch_glow", REPOSITORY / "perf/peers/torch_glow.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["affine", "additive"])
def pair(request, peer_code):
    """The same model twice: in the engine, and in PyTorch, in double."""
    torch.manual_seed(1)
    module = GlowModule(
        shape=(3, 8, 8), levels=LEVELS, steps=STEPS, hidden=HIDDEN, preset="rosinality", coupling=request.param)
    module.initialize(torch.rand(16, 3, 8, 8) - 0.5)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.03)
    peer = peer_code.Glow(3, STEPS, LEVELS, HIDDEN, request.param == "affine").double()
    for layer in peer.modules():
        if isinstance(layer, peer_code.ActNorm):
            layer.use_log_scale()
    copy_weights(module, peer)
    return module, peer


def names(module):
    """The engine's name of each of the peer's parameters."""
    result = {}
    for level in range(LEVELS):
        for step in range(STEPS):
            ours, theirs = f"levels.{level}.steps.{step}", f"blocks.{level}.flows.{step}"
            result |= {
                f"{theirs}.actnorm.loc": f"{ours}.actnorm.bias",
                f"{theirs}.actnorm.log_scale": f"{ours}.actnorm.log_scale",
                f"{theirs}.invconv.w_l": f"{ours}.invconv.lower",
                f"{theirs}.invconv.w_u": f"{ours}.invconv.upper",
                f"{theirs}.invconv.w_s": f"{ours}.invconv.log_diagonal",
                f"{theirs}.coupling.net.0.weight": f"{ours}.coupling.conv1.weight",
                f"{theirs}.coupling.net.0.bias": f"{ours}.coupling.conv1.bias",
                f"{theirs}.coupling.net.2.weight": f"{ours}.coupling.conv2.weight",
                f"{theirs}.coupling.net.2.bias": f"{ours}.coupling.conv2.bias",
                f"{theirs}.coupling.net.4.conv.weight": f"{ours}.coupling.conv3.weight",
                f"{theirs}.coupling.net.4.conv.bias": f"{ours}.coupling.conv3.bias",
                f"{theirs}.coupling.net.4.scale": f"{ours}.coupling.conv3.log_scale",
            }
        prior = f"levels.{level}.split.prior" if level < LEVELS - 1 else f"levels.{level}.prior"
        result |= {
            f"blocks.{level}.prior.conv.weight": f"{prior}.weight",
            f"blocks.{level}.prior.conv.bias": f"{prior}.bias",
            f"blocks.{level}.prior.scale": f"{prior}.log_scale",
        }
    return result


def copy_weights(module, peer):
    ours = module.state_dict()
    with torch.no_grad():
        for theirs, name in names(module).items():
            parameter = dict(peer.named_parameters())[theirs]
            parameter.copy_(ours[name].reshape(parameter.shape))
        for level in range(LEVELS):
            for step in range(STEPS):
                invconv = peer.blocks[level].flows[step].invconv
                prefix = f"levels.{level}.steps.{step}.invconv"
                permutation = ours[f"{prefix}.permutation"].long()
                invconv.w_p.copy_(torch.eye(len(permutation))[permutation])
                invconv.s_sign.copy_(ours[f"{prefix}.sign"])


def peer_log_prob(peer, x):
    log_p, log_det, _ = peer(x)
    return log_p + log_det


def test_densities_and_gradients_are_pytorchs(pair):
    module, peer = pair
    x = torch.rand(5, 3, 8, 8) - 0.5
    weights = torch.randn(5, dtype=torch.float64)
    ours, theirs = x.clone().requires_grad_(), x.double().requires_grad_()
    (module(ours) * weights).sum().backward()
    (peer_log_prob(peer, theirs) * weights).sum().backward()
    assert torch.allclose(module(x), peer_log_prob(peer, x.double()), rtol=1e-5, atol=1e-3)

    def close(name, found, expected):
        error = (found.double() - expected).abs().max() / expected.abs().max().clamp_min(1e-3)
        assert error <= 2e-4, (name, float(error))

    close("x", ours.grad, theirs.grad)
    gradients = dict(peer.named_parameters())
    own = dict(module.named_parameters())
    matched = names(module)
    assert len(matched) == len(own)
    for their_name, name in matched.items():
        expected = gradients[their_name].grad.reshape(own[name].shape)
        if name.endswith(".lower"):
            expected = expected.tril(-1)
        if name.endswith(".upper"):
            expected = expected.triu(1)
        close(name, own[name].grad, expected)


@pytest.mark.parametrize("activations", ["store", "invert"])
def test_training_goes_as_pytorchs(pair, activations):
    module, peer = pair
    module = GlowModule(module.glow, activations=activations)
    x = torch.rand(8, 3, 8, 8) - 0.5
    dims, bins = 192, 256
    ours = torch.optim.Adam(module.parameters(), 1e-3)
    theirs = torch.optim.Adam(peer.parameters(), 1e-3)
    curve = []
    for _ in range(5):
        loss = module.bits_per_dim(x).mean()
        expected = ((dims * np.log(bins) - peer_log_prob(peer, x.double())) / (dims * np.log(2))).mean()
        curve.append(loss.item())
        assert abs(loss.item() - expected.item()) < 1e-4
        for value, optimizer in ((loss, ours), (expected, theirs)):
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
    assert curve[-1] < curve[0]


def module_of(**options):
    torch.manual_seed(2)
    module = GlowModule(shape=(1, 4, 4), levels=1, steps=1, hidden=4, **options)
    return module.initialize(torch.rand(8, 1, 4, 4) - 0.5), torch.rand(3, 1, 4, 4) - 0.5


def test_state_dict_is_the_checkpoint(tmp_path):
    module, x = module_of()
    state = module.state_dict()
    parameters = module.glow.parameters()
    assert set(state) == set(parameters)
    assert all(np.array_equal(state[name].numpy(), parameters[name]) for name in state)
    other = GlowModule(shape=(1, 4, 4), levels=1, steps=1, hidden=4, seed=9)
    assert not torch.equal(other.state_dict()["levels.0.steps.0.invconv.lower"], state["levels.0.steps.0.invconv.lower"])
    other.load_state_dict(state)
    assert torch.equal(other(x), module(x))
    module.glow.save(tmp_path / "c.safetensors")
    assert torch.equal(GlowModule(str(tmp_path / "c.safetensors"))(x), module(x))
    torch.save(state, tmp_path / "state.pt")
    assert set(torch.load(tmp_path / "state.pt")) == set(state)


def test_an_update_is_seen_and_the_wrapped_model_has_it():
    module, x = module_of()
    before = module(x)
    with torch.no_grad():
        module.levels._modules["0"].steps._modules["0"].actnorm.bias += 0.1
    assert not torch.equal(module(x), before)
    assert np.array_equal(module.glow.log_prob(x.numpy()), module(x).detach().numpy())


def test_two_graphs_live_at_once_and_each_is_differentiated_once():
    module, x = module_of()
    x = x.requires_grad_()
    first, second = module(x).sum(), module(2 * x).sum()
    (alone,) = torch.autograd.grad(module(x).sum(), x)
    (of_second,) = torch.autograd.grad(second, x)
    (of_first,) = torch.autograd.grad(first, x)
    assert torch.equal(of_first, alone) and not torch.equal(of_second, alone)
    kept = module(x).sum()
    kept.backward(retain_graph=True)
    with pytest.raises(flowengine.InvalidArgumentError, match="differentiated already"):
        kept.backward()


def test_weights_that_change_before_backward_are_an_error():
    module, x = module_of()
    loss = module(x).sum()
    with torch.no_grad():
        next(module.parameters()).add_(1)
    module(x)
    with pytest.raises(flowengine.InvalidArgumentError, match="weights have changed"):
        loss.backward()


def test_tapes_come_back():
    module, x = module_of()
    for _ in range(5):
        module(x)                       # its graph is dropped
        module(x).sum().backward()
    assert sum(len(free) for free in module._tapes.values()) <= 2


def test_wrong_tensors_are_refused():
    module, x = module_of()
    with pytest.raises(TypeError, match="float32"):
        module(x.double())
    with pytest.raises(ValueError, match="shape"):
        module(x[:, :, :2])
    with pytest.raises(ValueError, match="shape is missing"):
        GlowModule()
    with pytest.raises(ValueError, match="not initialized"):
        GlowModule(shape=(1, 4, 4), levels=1, steps=1, hidden=4)(x)
    module.double()
    with pytest.raises(TypeError, match="float64"):
        module(x)


def test_samples_and_latents_have_the_layout_asked_for():
    module, x = module_of()
    assert module.sample(2).shape == (2, 1, 4, 4)
    assert (module.inverse(module.latents(x)) - x).abs().max() < 1e-5
    last = GlowModule(module.glow, layout="channels_last")
    assert torch.equal(last(x.permute(0, 2, 3, 1)), module(x)) and last.sample(2).shape == (2, 4, 4, 1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device")
def test_cuda_tensors_are_answered_with_the_device_that_is_missing():
    module, x = module_of()
    with pytest.raises(flowengine.NoDeviceError):
        with torch.no_grad():
            module(x.cuda())
