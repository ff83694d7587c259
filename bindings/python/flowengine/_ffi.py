"""The C API of flowengine.h by ctypes: structs, functions, and statuses as exceptions."""
from __future__ import annotations

import ctypes as c
import json
import os
import sys
from pathlib import Path
from typing import Any

from . import errors

ABI_VERSION = 2

ProgressCallback = c.CFUNCTYPE(c.c_int32, c.c_int64, c.c_int64, c.c_void_p)


class _Sized(c.Structure):
    """A struct that begins with its size."""

    def __init__(self, **fields: object) -> None:
        super().__init__(struct_size=c.sizeof(type(self)), **fields)


class DeviceOptions(_Sized):
    _fields_ = [("struct_size", c.c_uint32)] + [
        (name, c.c_int32) for name in ("backend", "device", "threads", "precision")
    ]


class Device(_Sized):
    _fields_ = [
        ("struct_size", c.c_uint32), ("backend", c.c_int32), ("device", c.c_int32), ("cores", c.c_int32),
        ("memory_bytes", c.c_int64), ("name", c.c_char * 64), ("instruction_set", c.c_char * 32),
    ]


_SIZES = (
    "height", "width", "channels", "bins", "levels", "steps", "blocks", "hidden", "hidden_layers", "coupling", "preset",
    "mixing", "batch_norm", "prior", "classes", "condition_columns", "condition_into")


class ModelOptions(_Sized):
    _fields_ = [("struct_size", c.c_uint32)] + [(name, c.c_int32) for name in _SIZES] + [
        ("seed", c.c_uint64), ("reserved", c.c_int32 * 2)]


class ModelInfo(_Sized):
    _fields_ = [("struct_size", c.c_uint32)] + [
        (name, c.c_int32) for name in
        (*_SIZES, "is_initialized", "data_height", "data_width", "backend", "device", "threads", "precision", "reserved")
    ] + [
        (name, c.c_int64) for name in ("dims", "tensors", "parameters", "parameters_length", "constants_length")
    ] + [("model", c.c_char * 32)] + [(name, c.c_int32) for name in ("table_columns", "table_condition_columns")]


class Compressed(_Sized):
    _fields_ = [("struct_size", c.c_uint32)] + [
        (name, c.c_int32) for name in ("height", "width", "channels", "bins", "block")
    ] + [("count", c.c_int64), ("model_sha256", c.c_char * 72)]


class Shape(c.Structure):
    _fields_ = [("height", c.c_int32), ("width", c.c_int32), ("channels", c.c_int32)]


class Parameter(_Sized):
    _fields_ = [
        ("struct_size", c.c_uint32), ("is_constant", c.c_int32), ("rank", c.c_int32), ("reserved", c.c_int32),
        ("shape", c.c_int64 * 4), ("stride", c.c_int64 * 4), ("offset", c.c_int64), ("length", c.c_int64),
        ("name", c.c_char * 128),
    ]


class Call(_Sized):
    _fields_ = [
        ("struct_size", c.c_uint32), ("memory", c.c_int32), ("device", c.c_int32), ("batch", c.c_int32),
        ("stream", c.c_void_p), ("progress", ProgressCallback), ("user", c.c_void_p),
        ("standard", c.c_int32), ("temperature_count", c.c_int32), ("temperatures", c.c_void_p),
        ("condition", c.c_void_p), ("condition_length", c.c_size_t),
    ]


class Metrics(_Sized):
    _fields_ = [("struct_size", c.c_uint32), ("was_skipped", c.c_int32)] + [
        (name, c.c_int64) for name in ("updates", "skipped", "images", "epoch", "updates_per_epoch")
    ] + [
        (name, c.c_double) for name in ("bits_per_dim", "gradient_norm", "learning_rate")
    ] + [("skipped_because", c.c_char * 128)]


class DetectorOptions(_Sized):
    _fields_ = [
        ("struct_size", c.c_uint32), ("reserved", c.c_int32), ("contamination", c.c_double), ("false_alarms", c.c_double),
        ("seed", c.c_uint64)]


class DetectorInfo(_Sized):
    _fields_ = [
        ("struct_size", c.c_uint32), ("columns", c.c_int32), ("held_out_rows", c.c_int64), ("threshold", c.c_double),
        ("contamination", c.c_double), ("false_alarms", c.c_double), ("seed", c.c_uint64)]


StepCallback = c.CFUNCTYPE(c.c_int32, c.POINTER(Metrics), c.c_void_p)

SendReceive = c.CFUNCTYPE(c.c_int32, c.c_int32, c.c_void_p, c.c_size_t, c.c_void_p, c.c_size_t, c.c_void_p)
AllReduce = c.CFUNCTYPE(c.c_int32, c.c_void_p, c.c_size_t, c.c_void_p)


class Communicator(_Sized):
    _fields_ = [
        ("struct_size", c.c_uint32), ("rank", c.c_int32), ("size", c.c_int32), ("reserved", c.c_int32),
        ("send_receive", SendReceive), ("all_reduce", AllReduce), ("user", c.c_void_p),
    ]


# Handles and arrays are plain addresses: c_void_p. In the order of the header.
_P, _N, _U64 = c.c_void_p, c.c_size_t, c.c_uint64
_IN = [_P, _P, _N]                 # model, array, length
_CALL_OUT = [_P, _P, _N]           # call, array, length
_U8 = [_U64, c.c_uint32]           # seed, first index
_LEVELS = [_P, _P, _N]             # arrays, lengths, count

FUNCTIONS: dict[str, tuple[object, list[object]]] = {
    "flow_abi_version": (c.c_uint32, []),
    "flow_version": (c.c_char_p, []),
    "flow_instruction_set": (c.c_char_p, []),
    "flow_last_error": (c.c_char_p, []),
    "flow_status_text": (c.c_char_p, [c.c_int32]),
    "flow_describe": (c.c_int32, [_P, _N, _P]),
    "flow_device_count": (c.c_int32, [_P]),
    "flow_device_get": (c.c_int32, [c.c_int32, _P]),
    "flow_device_memory": (c.c_int32, [c.c_int32, _P, _P]),
    "flow_model_create": (c.c_int32, [c.c_char_p, _P, _P, _P]),
    "flow_model_create_json": (c.c_int32, [c.c_char_p, _U64, _P, _P]),
    "flow_model_load": (c.c_int32, [c.c_char_p, _P, _P]),
    "flow_model_load_memory": (c.c_int32, [_P, _N, _P, _P]),
    "flow_model_import": (c.c_int32, [_P, _N, c.c_char_p, c.c_char_p, _P, _P]),
    "flow_model_save": (c.c_int32, [_P, c.c_char_p]),
    "flow_model_save_memory": (c.c_int32, [_P, _P, _N, _P]),
    "flow_model_free": (None, [_P]),
    "flow_model_get_info": (c.c_int32, [_P, _P]),
    "flow_model_get_json": (c.c_int32, [_P, _P, _N, _P]),
    "flow_model_memory": (c.c_int32, [_P, c.c_int32, _P, _P, _P]),
    "flow_model_prepare": (c.c_int32, [_P, c.c_int32]),
    "flow_model_latent_shape": (c.c_int32, [_P, c.c_int32, _P]),
    "flow_model_initialize": (c.c_int32, [*_IN, _P]),
    "flow_model_dequantize": (c.c_int32, [*_IN, *_U8, *_CALL_OUT]),
    "flow_model_log_prob": (c.c_int32, [*_IN, *_CALL_OUT]),
    "flow_model_log_prob_u8": (c.c_int32, [*_IN, *_U8, *_CALL_OUT]),
    "flow_model_bits_per_dim": (c.c_int32, [*_IN, *_CALL_OUT]),
    "flow_model_bits_per_dim_u8": (c.c_int32, [*_IN, *_U8, *_CALL_OUT]),
    "flow_model_forward": (c.c_int32, [*_IN, *_CALL_OUT]),
    "flow_model_forward_levels": (c.c_int32, [*_IN, _P, *_LEVELS]),
    "flow_model_inverse": (c.c_int32, [*_IN, *_CALL_OUT]),
    "flow_model_inverse_levels": (c.c_int32, [_P, *_LEVELS, *_CALL_OUT]),
    "flow_model_round_trip": (c.c_int32, [*_IN, *_CALL_OUT]),
    "flow_model_sample": (c.c_int32, [_P, c.c_int64, c.c_double, _U64, *_CALL_OUT]),
    "flow_model_sample_u8": (c.c_int32, [_P, c.c_int64, c.c_double, _U64, *_CALL_OUT]),
    "flow_model_class_log_prob": (c.c_int32, [*_IN, *_CALL_OUT]),
    "flow_model_class_log_prob_u8": (c.c_int32, [*_IN, *_U8, *_CALL_OUT]),
    "flow_model_compress": (c.c_int32, [*_IN, c.c_int32, _P, _N, _P]),
    "flow_compressed_get_info": (c.c_int32, [_P, _N, _P]),
    "flow_model_decompress": (c.c_int32, [_P, _P, _N, c.c_int64, _P, _N]),
    "flow_model_parameter": (c.c_int32, [_P, c.c_int64, _P]),
    "flow_model_read_parameters": (c.c_int32, [*_IN]),
    "flow_model_write_parameters": (c.c_int32, [*_IN]),
    "flow_model_read_constants": (c.c_int32, [*_IN]),
    "flow_model_write_constants": (c.c_int32, [*_IN]),
    "flow_tape_create": (c.c_int32, [_P, c.c_int32, c.c_int32, _P]),
    "flow_tape_forward": (c.c_int32, [*_IN, *_CALL_OUT]),
    "flow_tape_backward": (c.c_int32, [*_IN, *_CALL_OUT, _P, _N]),
    "flow_tape_free": (None, [_P]),
    "flow_trainer_create": (c.c_int32, [_P, _P, _P]),
    "flow_trainer_create_on": (c.c_int32, [*_IN, _P, _P]),
    "flow_trainer_step": (c.c_int32, [*_IN, _P, _P]),
    "flow_trainer_step_u8": (c.c_int32, [*_IN, _P, _P]),
    "flow_trainer_run": (c.c_int32, [_P, c.c_int64, _P, _P, _P]),
    "flow_trainer_set_learning_rate": (c.c_int32, [_P, c.c_double]),
    "flow_trainer_get_metrics": (c.c_int32, [_P, _P]),
    "flow_trainer_save": (c.c_int32, [_P, c.c_char_p]),
    "flow_trainer_resume": (c.c_int32, [_P, c.c_char_p]),
    "flow_trainer_snapshot": (c.c_int32, [_P, _P]),
    "flow_trainer_free": (None, [_P]),
    "flow_model_schema": (c.c_int32, [_P, _P, _N, _P]),
    "flow_model_set_schema": (c.c_int32, [_P, c.c_char_p, _N]),
    "flow_model_classify": (c.c_int32, [*_IN, _P, _N, _P, _N]),
    "flow_model_rows_scale": (c.c_int32, [*_IN, _P, _N, _P, _N]),
    "flow_model_condition": (c.c_int32, [*_IN, _P, _N]),
    "flow_model_rows_restore": (c.c_int32, [*_IN, _P, _N]),
    "flow_model_rows_log_prob": (c.c_int32, [*_IN, _P, _N, *_CALL_OUT]),
    "flow_model_rows_predict": (c.c_int32, [*_IN, *_CALL_OUT, _P, _N]),
    "flow_model_rows_sample": (c.c_int32, [_P, c.c_int64, _P, _N, c.c_double, _U64, *_CALL_OUT]),
    "flow_model_pad": (c.c_int32, [*_IN, _P, _N]),
    "flow_model_pad_u8": (c.c_int32, [*_IN, _P, _N]),
    "flow_model_crop": (c.c_int32, [*_IN, _P, _N]),
    "flow_model_crop_u8": (c.c_int32, [*_IN, _P, _N]),
    "flow_model_log_prob_gradient": (c.c_int32, [*_IN, *_CALL_OUT, _P, _N, _P, _N]),
    "flow_model_rows_log_prob_gradient": (c.c_int32, [*_IN, _P, _N, *_CALL_OUT, _P, _N, _P, _N]),
    "flow_detector_fit": (c.c_int32, [_P, _N, _P, _N, _P, _P]),
    "flow_detector_load": (c.c_int32, [c.c_char_p, _P]),
    "flow_detector_load_memory": (c.c_int32, [_P, _N, _P]),
    "flow_detector_save": (c.c_int32, [_P, c.c_char_p]),
    "flow_detector_save_memory": (c.c_int32, [_P, _P, _N, _P]),
    "flow_detector_free": (None, [_P]),
    "flow_detector_get_info": (c.c_int32, [_P, _P]),
    "flow_detector_schema": (c.c_int32, [_P, _P, _N, _P]),
    "flow_detector_score": (c.c_int32, [*_IN, _P, _N, _P, _N, _P, _N]),
    "flow_detector_explain": (c.c_int32, [*_IN, _P, _N]),
    "flow_trainer_create_shared": (c.c_int32, [*_IN, _P, _P, _P]),
}


def _library_path() -> str:
    given = os.environ.get("FLOWENGINE_LIBRARY")
    if given:
        return given
    name = {"win32": "flowengine.dll", "darwin": "libflowengine.dylib"}.get(sys.platform, "libflowengine.so")
    return str(Path(__file__).parent / "lib" / name)


def _open() -> c.CDLL:
    path = _library_path()
    try:
        library = c.CDLL(path)
    except OSError as error:
        raise ImportError(
            f"the FlowEngine library does not load: {error}; FLOWENGINE_LIBRARY can name its file") from error
    for name, (result, arguments) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    if library.flow_abi_version() != ABI_VERSION:
        raise ImportError(f"{path} has ABI {library.flow_abi_version()}, this package needs {ABI_VERSION}")
    return library


library = _open()


def call(name: str, *arguments: object) -> None:
    """Calls a function that gives a status; raises what it stands for."""
    status = getattr(library, name)(*arguments)
    if status != 0:
        raise errors.from_status(status, library.flow_last_error().decode("utf-8", "replace"))


def text(name: str) -> str:
    """Calls a function that gives a text."""
    return getattr(library, name)().decode("utf-8")


def bytes_of(name: str, *arguments: object) -> bytes:
    """What a function writes into a buffer whose length it tells first."""
    length = c.c_size_t()
    call(name, *arguments, None, 0, c.byref(length))
    content = c.create_string_buffer(length.value)
    call(name, *arguments, content, length.value, c.byref(length))
    return content.raw


def json_of(name: str, *arguments: object) -> Any:
    """What a function gives as a JSON text."""
    return json.loads(bytes_of(name, *arguments).split(b"\0")[0])


#: What the library says there is to choose: kinds of models, transforms, options of a training.
DESCRIPTIONS: dict[str, Any] = json_of("flow_describe")
MODELS: dict[str, Any] = {kind["name"]: kind for kind in DESCRIPTIONS["models"]}
TRAINING: dict[str, Any] = {option["native_name"]: option for option in DESCRIPTIONS["training"]}


def _field(option: dict[str, Any]) -> Any:
    if option["type"] == "number":
        return c.c_double
    if option["native_length"] == 4:
        return c.c_int32
    return c.c_uint64 if option["name"] == "seed" else c.c_int64


class TrainerOptions(_Sized):
    _fields_ = [("struct_size", c.c_uint32)] + [(name, _field(option)) for name, option in TRAINING.items()]


class Handle:
    """A handle and the function that frees it."""

    def __init__(self, free: str) -> None:
        self._free = getattr(library, free)
        self._pointer = c.c_void_p()

    @property
    def out(self) -> object:
        """Where a function writes the handle."""
        return c.byref(self._pointer)

    @property
    def pointer(self) -> c.c_void_p:
        return self._pointer

    def close(self) -> None:
        if self._pointer:
            self._free(self._pointer)
            self._pointer = c.c_void_p()

    def __del__(self) -> None:
        self.close()
