"""
Random calls of the whole C API with hostile arguments: NULL, wrong, freed and invented handles, lengths that do not
fit, structs of other sizes and contents, paths that lead nowhere. Pointers to arrays in host memory are real or NULL;
those that are said to be in CUDA memory are anything, host memory among it.

    python3 fuzz.py CALLS SEED

Ends with 0 and the number of calls by status, if nothing crashed and nothing was written behind a length.
"""
from __future__ import annotations

import ctypes
import sys
import tempfile
from collections import Counter
from typing import Any

import numpy as np

from flowengine import _ffi

CANARY = 0xA5
GUARD = 256
D = 4 * 4 * 1
MOST = 6 * D
ANYWHERE = (1, 64, 0xDEAD0000, 0x7F0000000000, 0x700000000004, 2**47, 2**64 - 4)
HUGE = (2**31, 2**32 + D, 2**63, 2**64 - 1, (2**64 - 1) // D * D)


class Buffers:
    """Memory for one call: outputs stand before canaries."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._watched: list[tuple[Any, int]] = []

    def output(self, kind: Any, length: int) -> tuple[int, int]:
        used = ctypes.sizeof(kind) * length
        memory = (ctypes.c_ubyte * (used + GUARD))(*([0] * used + [CANARY] * GUARD))
        self._watched.append((memory, used))
        return ctypes.addressof(memory), length

    def starts(self) -> set[int]:
        return {ctypes.addressof(memory) for memory, _ in self._watched}

    def check(self) -> None:
        for memory, used in self._watched:
            assert all(byte == CANARY for byte in memory[used:]), "a call wrote behind the end of an array"


class Fuzzer:
    def __init__(self, seed: int, folder: str) -> None:
        self.random = np.random.default_rng(seed)
        self.folder = folder
        self.handles: dict[str, list[int]] = {"model": [], "tape": [], "trainer": [], "detector": []}
        self.freed: list[int] = [0]
        self.keep: list[Any] = []
        self.compressed = b"\x89FLW\r\n\x1a\n"

    def one(self) -> int:
        names = [name for name in _ffi.FUNCTIONS if name.endswith(("_create", "_create_on", "_fit"))] * 2 + list(_ffi.FUNCTIONS)
        name = self.pick(names)
        self.buffers = Buffers(self.random)
        self.keep = []
        self.out: tuple[str, Any] | None = None
        self.file_out: tuple[int, int] | None = None
        self.on_device = False
        arguments = getattr(self, name.removeprefix("flow_"), lambda: [])()
        if self.on_device:
            # No call may follow a pointer that it is told is the device's.
            known = self.buffers.starts()
            arguments = [self.pick(ANYWHERE) if a in known and not self.chance(3) else a for a in arguments]
        status = getattr(_ffi.library, name)(*arguments)
        self.buffers.check()
        if name.endswith("_free"):
            for known in self.handles.values():
                if arguments[0] in known and known is self.handles[name.split("_")[1]]:
                    known.remove(arguments[0])
                    self.freed.append(arguments[0])
        if self.file_out is not None and status == 0:
            pointer, length = self.file_out
            self.compressed = ctypes.string_at(pointer, ctypes.c_size_t.from_address(length).value)
        if self.out is not None and status == 0:
            kind, pointer = self.out
            self.handles[kind].append(pointer.value)
        for kind, known in self.handles.items():
            while len(known) > 6:
                getattr(_ffi.library, f"flow_{kind}_free")(known[0])
                self.freed.append(known.pop(0))
        return status if _ffi.FUNCTIONS[name][0] is ctypes.c_int32 else 0

    # --- Arguments -----------------------------------------------------------------------------------------------

    def pick(self, values: Any) -> Any:
        return values[int(self.random.integers(len(values)))]

    def chance(self, one_in: int) -> bool:
        return int(self.random.integers(one_in)) == 0

    def handle(self, kind: str) -> int:
        known = self.handles[kind]
        if known and not self.chance(5):
            return self.pick(known)
        others = [value for other in self.handles.values() for value in other]
        return self.pick([0, 1, int(self.random.integers(2**63)), 2**64 - 1, *self.freed[-5:], *others])

    def number(self, *usual: int) -> int:
        return int(self.pick(usual)) if not self.chance(8) else self.pick([-1, 0, 1, -2**31, 2**31 - 1, 77])

    def real(self, *usual: float) -> float:
        odd = [float("nan"), float("inf"), -1.0, 0.0, 1e308, -1e-300]
        return float(self.pick(usual)) if not self.chance(8) else self.pick(odd)

    def array(self, kind: Any, length: int, odd: bool = True) -> tuple[int, int]:
        """Real memory, and a length that is no longer; or NULL with any length."""
        if odd and self.chance(12):
            return 0, self.pick([0, length, *HUGE])
        if odd and self.chance(10):
            length = self.pick([0, 1, max(0, length - 1), length + 1, min(MOST, 2 * length)])
        return self.buffers.output(kind, length)

    def images(self, kind: Any = ctypes.c_float) -> tuple[int, int, int]:
        count = self.pick([0, 1, 2, 3, 5])
        pointer, length = self.array(kind, count * D)
        if pointer and length:
            if kind is ctypes.c_ubyte:
                values = self.random.integers(0, 16 if not self.chance(5) else 256, length).astype(np.uint8)
            else:
                values = (self.random.random(length) - 0.5).astype(np.float32)
                if self.chance(10):
                    values[0] = self.pick([np.nan, np.inf, 1e38])
            ctypes.memmove(pointer, values.ctypes.data, values.nbytes)
        return pointer, length, count

    def struct(self, value: Any) -> Any:
        if self.chance(15):
            return None
        if self.chance(15):
            value.struct_size = self.pick([0, 1, 4, value.struct_size - 1, value.struct_size + 8, 2**32 - 1])
        self.keep.append(value)
        return ctypes.addressof(value)

    def call(self) -> Any:
        if self.chance(2):
            return None
        stop = self.pick([0, 0, 1])
        progress = _ffi.ProgressCallback(lambda done, total, user: stop) if self.chance(3) else _ffi.ProgressCallback()
        call = _ffi.Call(
            memory=self.number(0, 0, 0, 0, 1, 2), batch=self.number(0, 1, 2, 64), device=self.number(0, 0, 1),
            stream=self.pick([None, None, None, 1, 2, 0xDEAD]), progress=progress, standard=self.number(0, 0, 1))
        if self.chance(3):
            condition = self.array(ctypes.c_float, self.pick([1, 2, 3, 4, 6, 10]))
            call.condition, call.condition_length = condition[0] or None, condition[1]
        if self.chance(5):
            temperatures = self.array(ctypes.c_double, self.pick([1, 2]))
            call.temperatures, call.temperature_count = temperatures[0] or None, min(temperatures[1], 2**31 - 1)
        pointer = self.struct(call)
        self.on_device = pointer is not None and call.memory == 1
        return pointer

    def device(self) -> Any:
        if self.chance(2):
            return None
        options = _ffi.DeviceOptions(
            backend=self.number(0, 0, 1, 1, 1, 2, 3, 4), device=self.number(0, 0, 0, 1), threads=self.number(0, 1, 2),
            precision=self.number(0, 0, 0, 1, 2))
        if self.chance(10):
            options.struct_size = 16  # of the first header
        return self.struct(options)

    def text(self, *usual: bytes) -> Any:
        odd = [None, b"", b"\xff\xfe", b"x" * 5000, b"/", b"/no/such/folder/x", self.folder.encode()]
        return self.pick(usual) if not self.chance(4) else self.pick(odd)

    def file(self) -> Any:
        return self.text(*(f"{self.folder}/{name}".encode() for name in ("a", "b", "c")))

    def new(self, kind: str) -> Any:
        if self.chance(15):
            return None
        pointer = ctypes.c_void_p()
        self.out = kind, pointer
        return ctypes.addressof(pointer)

    def metrics(self) -> Any:
        return None if self.chance(3) else self.struct(_ffi.Metrics())

    def training(self) -> Any:
        return self.struct(_ffi.TrainerOptions(
            batch=self.number(1, 2, 3), optimizer=self.number(0, 1, 2), schedule=self.number(0, 1),
            activations=self.number(0, 1, 2), flip=self.number(0, 1), learning_rate=self.real(0, 0.001, 10),
            beta1=self.real(0, 0.9), beta2=self.real(0, 0.99), epsilon=self.real(0, 1e-8), weight_decay=self.real(0),
            clip=self.real(0, -1, 1), ema_decay=self.real(0, -1, 0.9), warmup_images=self.number(0, -1, 5),
            total_images=self.number(0, 100)))

    # --- Functions -----------------------------------------------------------------------------------------------

    def status_text(self): return [self.number(0, -1, -99)]
    def device_count(self): return [self.array(ctypes.c_int32, 1, odd=False)[0] if not self.chance(5) else None]
    def device_get(self): return [self.number(0, 0, 1), self.struct(_ffi.Device())]

    def device_memory(self):
        outputs = [self.array(ctypes.c_int64, 1, odd=False)[0] if not self.chance(5) else None for _ in range(2)]
        return [self.number(0, 0, 1), *outputs]

    def model_create(self):
        name = self.text(b"glow", b"glow", b"realnvp", b"maf", b"iaf", b"nice", b"dense-glow", b"nsf")
        known = _ffi.MODELS.get(name.decode("latin-1"), {"options": []}) if name else {"options": []}
        own = {option["name"] for option in known["options"]}
        values = {
            "height": (4, 4, 4, 4, 8, 65536), "width": (4,), "channels": (1, 1, 1, 3), "levels": (0, 1),
            "steps": (1, 1, 2, 5000), "blocks": (1, 1, 2, 5000), "hidden": (1, 4, 4, 8, 40000), "coupling": (0, 1),
            "preset": (0, 1), "bins": (16, 16, 0, 257), "hidden_layers": (0, 1), "mixing": (0, 1, 2), "batch_norm": (0, 1),
            "prior": (0, 1)}
        options = _ffi.ModelOptions(
            classes=self.number(0, 0, 0, 2), condition_columns=self.number(0, 0, 0, 0, 1, 2),
            condition_into=self.number(0, 1, 2, 3))
        for option, usual in values.items():
            if option in own or self.chance(20):
                setattr(options, option, self.number(*usual))
        return [name, self.struct(options), self.device(), self.new("model")]

    def model_create_json(self):
        name = self.pick(["glow", "realnvp", "maf", "nice", "transforms", "glue"])
        description = self.pick([
            b'{"model": "%b", "height": 4, "width": 4, "channels": 1, "hidden": 4}' % name.encode(),
            b'{"model": "transforms", "channels": 4, "transforms": [{"type": "actnorm"}]}',
            b'{"model": "transforms", "channels": 4, "transforms": [{"type": "actnorm", "hidden": -1e300}, {}, 7]}',
            b'{"model": {}}', b"[", b"[" * 5000, b'{"model": "maf", "channels": 1e999}'])
        return [self.text(description), self.number(0, 1), self.device(), self.new("model")]

    def output_text(self):
        pointer, length = self.array(ctypes.c_ubyte, self.pick([0, 100, 100_000]), odd=False)
        return [self.pick([pointer, None]), length, self.array(ctypes.c_size_t, 1, odd=False)[0]]

    def model_get_json(self): return [self.handle("model"), *self.output_text()]
    def describe(self): return self.output_text()

    def model_load(self): return [self.file(), self.device(), self.new("model")]

    def model_load_memory(self):
        pointer, length = self.array(ctypes.c_ubyte, 64)
        return [pointer, min(length, 64) if pointer else length, self.device(), self.new("model")]

    def model_import(self):
        header = (b'{"_transform._transforms.0.shift": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},'
                  b'"_transform._transforms.0.log_scale": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}}')
        content = len(header).to_bytes(8, "little") + header + bytes(16)
        weights = ctypes.create_string_buffer(content, len(content))
        self.keep.append(weights)
        description = (b'{"library": "%b", "features": 2, "context": 0, "%b": [{"class": "%b"}, {"class": [1e999]}]}' % tuple(
            self.pick(names).encode() for names in (("zuko", "nflows", "normflows"), ("transforms", "flows"), ("ActNorm", "?"))))
        return [self.pick([ctypes.addressof(weights), None]), self.pick([len(content), len(content), len(content) - 1, 0]),
                self.text(b"zuko", b"nflows", b"normflows"),
                self.text(description, description.replace(b', {"class": [1e999]}', b""), b"[", b"[" * 5000), self.device(),
                self.new("model")]

    def model_save(self): return [self.handle("model"), self.file()]

    def model_save_memory(self):
        pointer, length = self.array(ctypes.c_ubyte, self.pick([0, 100, 100_000]), odd=False)
        return [self.handle("model"), self.pick([pointer, None]), length, self.array(ctypes.c_size_t, 1, odd=False)[0]]

    def model_free(self): return [self.handle("model")]
    def tape_free(self): return [self.handle("tape")]
    def trainer_free(self): return [self.handle("trainer")]
    def model_get_info(self): return [self.handle("model"), self.struct(_ffi.ModelInfo())]

    def model_memory(self):
        return [self.handle("model"), self.number(0, 1 << 16), *(self.array(ctypes.c_int64, 1, odd=False)[0] for _ in range(2)),
                self.pick([self.array(ctypes.c_int64, 1, odd=False)[0], None])]

    def model_prepare(self): return [self.handle("model"), self.number(0, 1 << 10)]

    def model_latent_shape(self):
        shape = _ffi.Shape()
        self.keep.append(shape)
        return [self.handle("model"), self.number(0, 1), self.pick([ctypes.addressof(shape), None])]

    def model_initialize(self): return [self.handle("model"), *self.images()[:2], self.call()]

    def per_image(self, kind: Any, *noise: int):
        pointer, length, count = self.images(kind)
        return [self.handle("model"), pointer, length, *noise, self.call(), *self.array(ctypes.c_double, count)]

    def noise(self): return [int(self.random.integers(2**63)), int(self.random.integers(2**32))]
    def model_log_prob(self): return self.per_image(ctypes.c_float)
    def model_bits_per_dim(self): return self.per_image(ctypes.c_float)
    def model_round_trip(self): return self.per_image(ctypes.c_float)

    def by_class(self, kind: Any, *noise: int):
        pointer, length, count = self.images(kind)
        return [self.handle("model"), pointer, length, *noise, self.call(), *self.array(ctypes.c_double, 2 * count)]

    def model_class_log_prob(self): return self.by_class(ctypes.c_float)
    def model_class_log_prob_u8(self): return self.by_class(ctypes.c_ubyte, *self.noise())
    def model_log_prob_u8(self): return self.per_image(ctypes.c_ubyte, *self.noise())
    def model_bits_per_dim_u8(self): return self.per_image(ctypes.c_ubyte, *self.noise())

    def whole(self, kind: Any, *noise: int):
        pointer, length, count = self.images(kind)
        return [self.handle("model"), pointer, length, *noise, self.call(), *self.array(ctypes.c_float, count * D)]

    def model_dequantize(self): return self.whole(ctypes.c_ubyte, *self.noise())
    def model_forward(self): return self.whole(ctypes.c_float)
    def model_inverse(self): return self.whole(ctypes.c_float)

    def levels(self, count: int):
        arrays = [self.array(ctypes.c_float, count * D)]
        pointers = (ctypes.c_void_p * 1)(arrays[0][0])
        lengths = (ctypes.c_size_t * 1)(arrays[0][1])
        self.keep += [pointers, lengths]
        if self.chance(10):
            return [None, ctypes.addressof(lengths), 1]
        return [ctypes.addressof(pointers), ctypes.addressof(lengths), self.number(1, 1, 1, 2)]

    def model_forward_levels(self):
        pointer, length, count = self.images()
        return [self.handle("model"), pointer, length, self.call(), *self.levels(count)]

    def model_inverse_levels(self):
        pointer, length, count = self.images()
        return [self.handle("model"), *self.levels(count), self.call(), pointer, length]

    def model_compress(self):
        pointer, length, _ = self.images(ctypes.c_ubyte)
        file, capacity = self.array(ctypes.c_ubyte, self.pick([0, 100, 1000, 1000]), odd=False)
        written = self.array(ctypes.c_size_t, 1, odd=False)[0] if not self.chance(10) else None
        if written and not self.chance(4):
            self.file_out = file, written
        return [self.handle("model"), pointer, length, self.number(0, 1, 2, 3), file if self.file_out else None, capacity,
                written]

    def compressed_file(self):
        damaged = bytearray(self.compressed)
        if damaged and self.chance(2):
            damaged[int(self.random.integers(len(damaged)))] ^= 1 << int(self.random.integers(8))
        pointer, length = self.array(ctypes.c_ubyte, len(damaged))
        if pointer:
            ctypes.memmove(pointer, bytes(damaged), min(length, len(damaged)))
        return [pointer, length]

    def compressed_get_info(self): return [*self.compressed_file(), self.struct(_ffi.Compressed())]

    def model_decompress(self):
        return [self.handle("model"), *self.compressed_file(), self.number(0, 0, 1), *self.images(ctypes.c_ubyte)[:2]]

    def sampled(self, kind: Any):
        count = self.pick([0, 1, 2, 3])
        asked = count if not self.chance(8) else self.pick([-1, 2**31, 2**63 - 1, -2**63])
        return [self.handle("model"), asked, self.real(0, 0.7, 1), 5, self.call(), *self.array(kind, count * D)]

    def model_sample(self): return self.sampled(ctypes.c_float)
    def model_sample_u8(self): return self.sampled(ctypes.c_ubyte)

    def model_parameter(self):
        index = self.pick([0, 1, 5, -1, 2**31, -2**63, 2**63 - 1])
        return [self.handle("model"), index, self.struct(_ffi.Parameter())]

    def flat(self, field: str, write: bool):
        model = self.handle("model")
        info = _ffi.ModelInfo()
        known = _ffi.library.flow_model_get_info(model, ctypes.byref(info)) == 0 and getattr(info, field) <= 1_000_000
        pointer, length = self.array(ctypes.c_float, getattr(info, field) if known else 1)
        if write and pointer and length:
            values = (self.random.random(length) * 0.1).astype(np.float32)
            if self.chance(4):
                values[0] = self.pick([np.nan, 1e30])
            ctypes.memmove(pointer, values.ctypes.data, values.nbytes)
        return [model, pointer, length]

    def model_read_parameters(self): return self.flat("parameters_length", write=False)
    def model_write_parameters(self): return self.flat("parameters_length", write=True)
    def model_read_constants(self): return self.flat("constants_length", write=False)
    def model_write_constants(self): return self.flat("constants_length", write=True)
    def tape_create(self): return [self.handle("model"), self.number(1, 2, 3), self.number(0, 1, 2), self.new("tape")]

    def tape_forward(self):
        pointer, length, count = self.images()
        return [self.handle("tape"), pointer, length, self.call(), *self.array(ctypes.c_double, count)]

    def tape_backward(self):
        count = self.pick([1, 2, 3])
        return [self.handle("tape"), *self.array(ctypes.c_double, count), self.call(),
                *self.array(ctypes.c_float, count * D), *self.pick([(None, 0), self.array(ctypes.c_float, 100)])]

    def trainer_create(self): return [self.handle("model"), self.training(), self.new("trainer")]

    def trainer_create_on(self):
        return [self.handle("model"), *self.images(ctypes.c_ubyte)[:2], self.training(), self.new("trainer")]

    def trainer_create_shared(self):
        exchange = self.pick([_ffi.SendReceive(), _ffi.SendReceive(lambda *arguments: 1)])
        communicator = _ffi.Communicator(rank=self.number(0, 1), size=self.number(1, 2, 3), send_receive=exchange)
        self.keep.append(exchange)
        return [self.handle("model"), *self.pick([(None, 0), self.images(ctypes.c_ubyte)[:2]]), self.training(),
                self.struct(communicator), self.new("trainer")]

    def trainer_step(self): return [self.handle("trainer"), *self.images()[:2], self.call(), self.metrics()]

    def trainer_step_u8(self):
        return [self.handle("trainer"), *self.images(ctypes.c_ubyte)[:2], self.call(), self.metrics()]

    def trainer_run(self):
        updates = self.pick([0, 1, 2, -1, -2**63])
        done = _ffi.StepCallback(lambda metrics, user: 1)
        self.keep.append(done)
        callback = self.pick([None, ctypes.cast(done, ctypes.c_void_p)])
        return [self.handle("trainer"), updates, callback, None, self.metrics()]

    def trainer_set_learning_rate(self): return [self.handle("trainer"), self.real(0.001, 0.1)]
    def trainer_get_metrics(self): return [self.handle("trainer"), self.metrics()]
    def trainer_save(self): return [self.handle("trainer"), self.file()]
    def trainer_resume(self): return [self.handle("trainer"), self.file()]
    def trainer_snapshot(self): return [self.handle("trainer"), self.new("model")]

    def model_schema(self):
        pointer, length = self.array(ctypes.c_ubyte, self.pick([0, 100, 10_000]), odd=False)
        return [self.handle("model"), self.pick([pointer, None]), length, self.array(ctypes.c_size_t, 1, odd=False)[0]]

    def model_set_schema(self):
        model = self.handle("model")
        text, length = ctypes.create_string_buffer(100_000), ctypes.c_size_t()
        if _ffi.library.flow_model_schema(model, text, len(text), ctypes.byref(length)) == 0:
            known = bytearray(text.value)
        else:
            known = bytearray(b'{"columns": [], "classes": [{"count": -1}]}')
        for _ in range(self.pick([0, 0, 1, 3])):
            known[int(self.random.integers(len(known)))] = self.pick(b'0123456789-.,:{}[]"ab\xff')
        content = bytes(known)
        self.keep.append(content)
        return [model, content, len(content)] if not self.chance(10) else [model, None, self.pick([0, *HUGE])]

    def doubles(self, length: int, *usual: float):
        pointer, length = self.array(ctypes.c_double, length)
        if pointer and length:
            values = np.array([self.real(*usual) for _ in range(length)])
            ctypes.memmove(pointer, values.ctypes.data, values.nbytes)
        return pointer, length

    def rows(self, count: int): return self.doubles(count * D, 0, 1, -0.5, 3.25)
    def given(self, count: int): return self.doubles(self.pick([0, 0, 1, 2, count, 2 * count]), 0, 1, 0.5)

    def model_classify(self):
        count = self.pick([0, 1, 3])
        return [self.handle("model"), *self.doubles(2 * count, -3, -700), *self.array(ctypes.c_int32, count),
                *self.array(ctypes.c_double, 2 * count)]

    def model_rows_scale(self):
        count = self.pick([0, 1, 3])
        return [self.handle("model"), *self.rows(count), *self.array(ctypes.c_float, count * D),
                *self.array(ctypes.c_double, count)]

    def model_condition(self):
        count = self.pick([0, 1, 3])
        return [self.handle("model"), *self.given(count), *self.array(ctypes.c_float, self.pick([count, 2 * count]))]

    def model_rows_restore(self):
        count = self.pick([0, 1, 3])
        return [self.handle("model"), *self.images()[:2], *self.array(ctypes.c_double, count * D)]

    def model_rows_log_prob(self):
        count = self.pick([0, 1, 3])
        return [self.handle("model"), *self.rows(count), *self.given(count), self.call(),
                *self.array(ctypes.c_double, count)]

    def model_log_prob_gradient(self):
        pointer, length, count = self.images()
        return [self.handle("model"), pointer, length, self.call(), *self.array(ctypes.c_double, count),
                *self.array(ctypes.c_float, count * D), *self.array(ctypes.c_float, self.pick([0, 2 * count]))]

    def model_rows_log_prob_gradient(self):
        count = self.pick([0, 1, 3])
        return [self.handle("model"), *self.rows(count), *self.given(count), self.call(),
                *self.array(ctypes.c_double, count), *self.array(ctypes.c_double, count * D),
                *self.array(ctypes.c_double, self.pick([0, count]))]

    def model_rows_predict(self):
        count = self.pick([0, 1, 3])
        return [self.handle("model"), *self.rows(count), self.call(), *self.array(ctypes.c_int32, count),
                *self.array(ctypes.c_double, 2 * count)]

    def model_rows_sample(self):
        count = self.pick([0, 1, 3])
        asked = count if not self.chance(8) else self.pick([-1, 2**31, 2**63 - 1, -2**63])
        return [self.handle("model"), asked, *self.given(count), self.real(0, 0.7, 1), 5, self.call(),
                *self.array(ctypes.c_double, count * D)]

    def padding(self, kind: Any):
        pointer, length, count = self.images(kind)
        return [self.handle("model"), pointer, length, *self.array(kind, count * D)]

    def model_pad(self): return self.padding(ctypes.c_float)
    def model_pad_u8(self): return self.padding(ctypes.c_ubyte)
    def model_crop(self): return self.padding(ctypes.c_float)
    def model_crop_u8(self): return self.padding(ctypes.c_ubyte)

    def detector_rows(self, count: int) -> tuple[int, int]:
        pointer, length = self.array(ctypes.c_double, count * 3)
        if pointer and length:
            values = self.random.normal(size=length).round(int(self.random.integers(3)))
            if self.chance(10):
                values[-1] = self.pick([np.nan, np.inf, 1e308, -1e-308])
            ctypes.memmove(pointer, values.ctypes.data, values.nbytes)
        return pointer, length

    def detector_fit(self):
        options = self.struct(_ffi.DetectorOptions(
            contamination=self.real(0, 0, 0.1), false_alarms=self.real(0, 0.1), seed=self.number(0, 1)))
        names = (ctypes.c_char_p * 3)(b"a", self.pick([b"b", None, b"\xff"]), b"")
        self.keep.append(names)
        return [*self.detector_rows(self.pick([7, 8, 20])), self.pick([None, None, ctypes.addressof(names)]),
                self.pick([3, 3, 3, 3, 0]), options, self.new("detector")]

    def detector_load(self): return [self.file(), self.new("detector")]

    def detector_load_memory(self):
        pointer, length = self.array(ctypes.c_ubyte, 64)
        return [pointer, min(length, 64) if pointer else length, self.new("detector")]

    def detector_save(self): return [self.handle("detector"), self.file()]

    def detector_save_memory(self):
        pointer, length = self.array(ctypes.c_ubyte, self.pick([0, 100, 100_000]), odd=False)
        return [self.handle("detector"), self.pick([pointer, None]), length, self.array(ctypes.c_size_t, 1, odd=False)[0]]

    def detector_free(self): return [self.handle("detector")]
    def detector_get_info(self): return [self.handle("detector"), self.struct(_ffi.DetectorInfo())]
    def detector_schema(self): return [self.handle("detector"), *self.output_text()]

    def detector_score(self):
        count = self.pick([0, 1, 3])
        return [self.handle("detector"), *self.detector_rows(count), *self.array(ctypes.c_double, count),
                *self.pick([(None, 0), self.array(ctypes.c_double, count)]),
                *self.pick([(None, 0), self.array(ctypes.c_int32, count)])]

    def detector_explain(self):
        count = self.pick([0, 1, 3])
        return [self.handle("detector"), *self.detector_rows(count), *self.array(ctypes.c_double, count * 3)]


def main() -> int:
    calls, seed = int(sys.argv[1]), int(sys.argv[2])
    counts: Counter[int] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        fuzzer = Fuzzer(seed, folder)
        for _ in range(calls):
            status = fuzzer.one()
            counts[status] += 1
            if status == -99:
                print(_ffi.library.flow_last_error().decode())
    for status, count in sorted(counts.items()):
        print(f"{status}: {count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
