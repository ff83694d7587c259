namespace FlowEngine.Checkpoints;

/// <summary>The element type of a stored tensor. The names are those of the safetensors format.</summary>
public enum TensorType
{
    /// <summary>IEEE 754 single precision, 4 bytes; held as <see cref="float"/>.</summary>
    F32,

    /// <summary>IEEE 754 double precision, 8 bytes; held as <see cref="double"/>.</summary>
    F64,

    /// <summary>Signed 32-bit integer; held as <see cref="int"/>.</summary>
    I32,

    /// <summary>Signed 64-bit integer; held as <see cref="long"/>.</summary>
    I64,

    /// <summary>Unsigned 8-bit integer; held as <see cref="byte"/>.</summary>
    U8,

    /// <summary>IEEE 754 half precision, 2 bytes; held as <see cref="Half"/>.</summary>
    F16,

    /// <summary>The upper 16 bits of a single-precision number; held as <see cref="ushort"/>.</summary>
    BF16,
}
