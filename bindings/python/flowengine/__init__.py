"""
Normalizing flows in a library of their own: likelihoods, latents, samples and training, of images and of tables.

    import flowengine
    flow = flowengine.Glow(levels=2, steps=8, hidden=64).fit(images, epochs=10, progress=True)
    flow.log_prob(images)          # nats, one per image
    flow.sample(16, temperature=0.7)
    flowengine.RealNVP(hidden=32).fit(images)          # the same methods
    flowengine.MAF().fit(rows).score_samples(rows)     # (n, d) floats; IAF, NICE, DenseGlow, NSF
    flowengine.AnomalyDetector().fit(rows).predict(rows)   # -1 for anomalies

Images are (B, H, W, C) unless ``layout="channels_first"``. uint8 images are grey levels 0 to ``bins`` - 1; float images
are scaled to [-0.5, 0.5). ``flowengine.torch`` has a module for PyTorch, ``flowengine.pyod`` the detector in PyOD's style.
"""
from ._anomalies import AnomalyDetector
from ._device import Device, devices
from ._flow import Flow
from ._foreign import from_nflows, from_normflows, from_zuko
from ._glow import Glow
from ._models import load
from ._real_nvp import RealNVP
from ._tables import IAF, MAF, NICE, NSF, DenseGlow, TableFlow, Transforms, transforms
from ._training import Progress
from .errors import (
    BadFormatError,
    CancelledError,
    DeviceError,
    FileError,
    FlowError,
    InternalError,
    InvalidArgumentError,
    NoDeviceError,
    NotFittedError,
    OutOfMemoryError,
    UnsupportedError,
)
from . import _ffi, latents

__version__: str = _ffi.text("flow_version")


def instruction_set() -> str:
    """The instruction set the library uses here: ``x86-64-v4`` (AVX-512), ``x86-64-v3`` (AVX2), or the platform's."""
    return _ffi.text("flow_instruction_set")


__all__ = [
    "AnomalyDetector", "BadFormatError", "CancelledError", "DenseGlow", "Device", "DeviceError", "FileError", "Flow", "FlowError",
    "Glow", "IAF", "InternalError", "InvalidArgumentError", "MAF", "NICE", "NSF", "NoDeviceError", "NotFittedError",
    "OutOfMemoryError", "Progress", "RealNVP", "TableFlow", "Transforms", "UnsupportedError", "devices", "from_nflows",
    "from_normflows", "from_zuko", "instruction_set", "latents", "load", "transforms",
]
