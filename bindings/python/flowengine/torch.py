"""
Glow as a PyTorch module: forward and backward run in the engine, parameters belong to torch's optimizers.

    glow = flowengine.torch.GlowModule(levels=2, steps=8, hidden=64, shape=(1, 28, 28))
    glow.initialize(first_batch)
    loss = -glow(batch).mean()
    loss.backward()
    optimizer.step()

``log_prob`` has the log densities of any model as a differentiable function of the data and the condition.
"""
from __future__ import annotations

import ctypes
from typing import Any, Optional, Sequence, Union

import torch
from torch import nn

from . import _ffi
from ._arrays import check_layout
from ._flow import Flow
from ._glow import Glow
from ._training import choice, to_handle
from .errors import InvalidArgumentError

_CUDA = 1


class GlowModule(nn.Module):
    """
    Log densities of images, differentiable in the images and in every parameter.

    ``state_dict`` has the names, shapes and values of the engine's checkpoints. All numbers are float32; log densities
    are float64, because a float32 cannot tell small differences of large ones. Gradients of gradients are not there.

    :param source: a :class:`flowengine.Glow` to wrap (it shares the weights), a checkpoint file, or None to make one.
    :param shape: of one image, for a new model, in ``layout``.
    :param layout: ``channels_first``, (B, C, H, W), or ``channels_last``.
    :param activations: where backward gets them: ``store``, ``invert`` (memory does not grow with depth), ``auto``.
    :param options: of :class:`flowengine.Glow`, for a new model.
    """

    def __init__(
            self, source: Union[Glow, str, None] = None, *, shape: Optional[Sequence[int]] = None,
            layout: str = "channels_first", activations: str = "auto", **options: Any) -> None:
        super().__init__()
        self.layout = check_layout(layout)
        if source is None:
            if shape is None:
                raise InvalidArgumentError("shape is missing: the size of one image")
            source = Glow(layout=layout, **options).build(shape)
        elif options or shape is not None:
            raise InvalidArgumentError("a model that is there has its sizes: give no others")
        self._glow = source if isinstance(source, Glow) else Glow.load(source)
        self._activations = choice("activations", activations)
        self._tapes: dict[int, list[_ffi.Handle]] = {}
        self._seen: Optional[tuple[int, ...]] = None
        info = self._glow._described
        # Parameters are strided views into these two vectors, which the engine takes as they are.
        self._flat = [torch.zeros(info.parameters_length), torch.zeros(info.constants_length)]
        self._views: list[torch.Tensor] = []
        self._leaves: list[tuple[nn.Module, str]] = []
        self._offsets: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = []
        constants = []
        for entry in self._glow._entries():
            shape_of, strides = tuple(entry.shape[:entry.rank]), tuple(entry.stride[:entry.rank])
            view = self._flat[entry.is_constant].as_strided(shape_of, strides, entry.offset)
            *path, leaf = entry.name.decode().split(".")
            parent: nn.Module = self
            for part in path:
                if part not in parent._modules:
                    parent.add_module(part, nn.Module())
                parent = parent._modules[part]
            if entry.is_constant:
                parent.register_buffer(leaf, view)
                constants.append((parent, leaf, view))
            else:
                parent.register_parameter(leaf, nn.Parameter(view))
                self._views.append(view)
                self._leaves.append((parent, leaf))
                self._offsets.append((entry.offset, shape_of, strides))
        self._constants = constants
        self._pull()

    @property
    def glow(self) -> Glow:
        """The model with the weights as they are now: for ``save``, and for inference without torch."""
        self._push()
        return self._glow

    def initialize(self, x: torch.Tensor) -> "GlowModule":
        """Data-dependent initialization of a new model on a batch of scaled images."""
        self._glow.initialize(self._shaped(self._to_engine(x)).numpy())
        self._pull()
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """
        Log densities of images.

        :param x: (B, C, H, W) float32, scaled to [-0.5, 0.5).
        :returns: (B) float64, nats, differentiable.
        """
        values = self._to_engine(x)
        parameters = [getattr(parent, leaf) for parent, leaf in self._leaves]
        self._push()
        if torch.is_grad_enabled() and (x.requires_grad or any(p.requires_grad for p in parameters)):
            return _LogProb.apply(values, self, *parameters)
        return _run("flow_model_log_prob", self._glow._model, values)

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        """As calling the module."""
        return self(x)

    def bits_per_dim(self, x: torch.Tensor) -> torch.Tensor:
        """Bits per dimension of each image, (B), differentiable: the loss to train on is its mean."""
        dims = self._glow.dims
        ln2 = 0.6931471805599453
        bins = torch.log(torch.tensor(float(self._glow.bins), dtype=torch.float64))
        return (dims * bins - self(x)) / (dims * ln2)

    @torch.no_grad()
    def latents(self, x: torch.Tensor) -> torch.Tensor:
        """The latents of images, (B, D); no gradient goes through."""
        return torch.from_numpy(self.glow.forward(self._shaped(self._to_engine(x)).numpy()))

    @torch.no_grad()
    def inverse(self, latents: torch.Tensor) -> torch.Tensor:
        """The images of latents; no gradient goes through."""
        return self._from_engine(self.glow.inverse(latents.detach().cpu().numpy()))

    @torch.no_grad()
    def sample(self, count: int = 1, *, temperature: float = 1, seed: int = 0) -> torch.Tensor:
        """Draws scaled images, (count, C, H, W)."""
        return self._from_engine(self.glow.sample(count, temperature=temperature, seed=seed))

    def _shaped(self, values: torch.Tensor) -> torch.Tensor:
        """(B, H, W, C) in the layout of the wrapped model."""
        return values.permute(0, 3, 1, 2) if self._glow.layout == "channels_first" else values

    def _from_engine(self, images: Any) -> torch.Tensor:
        values = torch.from_numpy(images)
        if self._glow.layout == self.layout:
            return values
        return values.permute(0, 3, 1, 2) if self.layout == "channels_first" else values.permute(0, 2, 3, 1)

    def _to_engine(self, x: torch.Tensor) -> torch.Tensor:
        """(B, H, W, C), contiguous; the gradient finds its way back."""
        if x.dtype != torch.float32:
            raise TypeError(f"images are {x.dtype}, expected torch.float32, scaled to [-0.5, 0.5)")
        height, width, channels = self._glow._shape
        expected = (channels, height, width) if self.layout == "channels_first" else (height, width, channels)
        if x.dim() != 4 or tuple(x.shape[1:]) != expected:
            raise InvalidArgumentError(f"images have the shape {tuple(x.shape)}, expected (B, {expected})")
        return (x.permute(0, 2, 3, 1) if self.layout == "channels_first" else x).contiguous()

    def _pull(self) -> None:
        """The engine's weights into the parameters."""
        model = self._glow._model
        for flat, name in zip(self._flat, ("parameters", "constants")):
            _ffi.call(f"flow_model_read_{name}", model, flat.data_ptr(), flat.numel())
        with torch.no_grad():
            for (parent, leaf), view in zip(self._leaves, self._views):
                parameter = getattr(parent, leaf)
                if parameter.data_ptr() != view.data_ptr():
                    parameter.copy_(view)
            for parent, leaf, view in self._constants:
                if getattr(parent, leaf).data_ptr() != view.data_ptr():
                    getattr(parent, leaf).copy_(view)
        self._seen = self._versions()

    def _versions(self) -> tuple[int, ...]:
        tensors = [getattr(parent, leaf) for parent, leaf in self._leaves]
        tensors += [getattr(parent, leaf) for parent, leaf, _ in self._constants]
        return tuple(number for tensor in tensors for number in (tensor._version, tensor.data_ptr()))

    def _push(self) -> None:
        """The parameters into the engine, where an optimizer or somebody else has changed them."""
        versions = self._versions()
        if versions == self._seen:
            return
        with torch.no_grad():
            pairs = [(getattr(parent, leaf), view) for (parent, leaf), view in zip(self._leaves, self._views)]
            pairs += [(getattr(parent, leaf), view) for parent, leaf, view in self._constants]
            for tensor, view in pairs:
                if tensor.dtype != torch.float32 or tensor.device.type != "cpu":
                    raise TypeError(f"parameters are {tensor.dtype} on {tensor.device}, expected float32 on the cpu")
                if tensor.data_ptr() != view.data_ptr():
                    view.copy_(tensor)
        for flat, name in reversed(list(zip(self._flat, ("parameters", "constants")))):
            _ffi.call(f"flow_model_write_{name}", self._glow._model, flat.data_ptr(), flat.numel())
        self._seen = versions

    def _tape(self, batch: int) -> _ffi.Handle:
        free = self._tapes.setdefault(batch, [])
        if free:
            return free.pop()
        return to_handle("flow_tape_free", "flow_tape_create", self._glow._model, batch, self._activations)


class _Lease:
    """A tape that goes back to its module when the graph that needs it is gone."""

    def __init__(self, module: GlowModule, batch: int) -> None:
        self._module = module
        self._batch = batch
        self.tape: _ffi.Handle = module._tape(batch)

    def __del__(self) -> None:
        if hasattr(self, "tape"):
            self._module._tapes[self._batch].append(self.tape)


class _LogProb(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, module: GlowModule, *parameters: torch.Tensor) -> torch.Tensor:
        ctx.module = module
        ctx.shape = x.shape
        ctx.lease = _Lease(module, x.shape[0])
        return _run("flow_tape_forward", ctx.lease.tape.pointer, x)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, d_log_prob: torch.Tensor) -> tuple:
        module: GlowModule = ctx.module
        g = d_log_prob.to(torch.float64).contiguous()
        d_images = torch.empty(ctx.shape) if ctx.needs_input_grad[0] else None
        d_flat = torch.empty_like(module._flat[0]) if any(ctx.needs_input_grad[2:]) else None
        _ffi.call(
            "flow_tape_backward", ctx.lease.tape.pointer, g.data_ptr(), g.numel(), None,
            *_address(d_images), *_address(d_flat))
        gradients = [
            d_flat.as_strided(shape, strides, offset) if needed and d_flat is not None else None
            for needed, (offset, shape, strides) in zip(ctx.needs_input_grad[2:], module._offsets)
        ]
        return d_images, None, *gradients


def log_prob(flow: Flow, x: torch.Tensor, y: Optional[torch.Tensor] = None) -> torch.Tensor:
    """
    Log densities by any model, differentiable in x and, where y is of numbers, in y; the model's weights stay as they are.

    :param flow: a model, of images or of tables.
    :param x: as its ``log_prob`` takes it, floats in host memory.
    :param y: of a conditional model: classes, (B), or numbers, (B, N).
    :returns: (B) float64, nats.
    """
    return _FlowLogProb.apply(x, y, flow)


class _FlowLogProb(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, y: Optional[torch.Tensor], flow: Flow) -> torch.Tensor:
        of_condition = y is not None and y.is_floating_point()
        found = flow.log_prob_gradient(
            x.detach().numpy(), None if y is None else y.detach().numpy(), of_condition=of_condition)
        ctx.save_for_backward(*(
            torch.from_numpy(gradient).to(of.dtype) for gradient, of in zip(found[1:], (x, y))))
        return torch.from_numpy(found[0])

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, d_log_prob: torch.Tensor) -> tuple:
        gradients = [
            gradient * d_log_prob.to(gradient.dtype).reshape(-1, *[1] * (gradient.dim() - 1))
            for gradient in ctx.saved_tensors]
        return gradients[0], gradients[1] if len(gradients) > 1 else None, None


def _address(tensor: Optional[torch.Tensor]) -> tuple[Optional[int], int]:
    return (None, 0) if tensor is None else (tensor.data_ptr(), tensor.numel())


def _run(name: str, handle: ctypes.c_void_p, x: torch.Tensor) -> torch.Tensor:
    """Images to log densities, in place: on the device and the stream of the tensor."""
    call = _ffi.Call()
    if x.is_cuda:
        stream = torch.cuda.current_stream(x.device).cuda_stream
        call = _ffi.Call(memory=_CUDA, device=x.device.index or 0, stream=stream)
    values = x.detach()
    log_prob = torch.empty(values.shape[0], dtype=torch.float64, device=values.device)
    _ffi.call(
        name, handle, values.data_ptr(), values.numel(), ctypes.byref(call), log_prob.data_ptr(), log_prob.numel())
    return log_prob
