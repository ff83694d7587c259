namespace FlowEngine.Checkpoints;

/// <summary>The name, element size and array of each <see cref="TensorType"/>.</summary>
internal static class TensorTypes
{
    internal const string KnownNames = "F64, F32, F16, BF16, I64, I32, U8 and BOOL";

    internal static TensorType? Find(string name) => name switch
    {
        "F32" => TensorType.F32,
        "F64" => TensorType.F64,
        "I32" => TensorType.I32,
        "I64" => TensorType.I64,
        "U8" or "BOOL" => TensorType.U8,
        "F16" => TensorType.F16,
        "BF16" => TensorType.BF16,
        _ => null,
    };

    internal static string NameOf(TensorType type) => type switch
    {
        TensorType.F32 => "F32",
        TensorType.F64 => "F64",
        TensorType.I32 => "I32",
        TensorType.I64 => "I64",
        TensorType.U8 => "U8",
        TensorType.F16 => "F16",
        TensorType.BF16 => "BF16",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>Bytes of one element.</summary>
    internal static int ElementSize(TensorType type) => type switch
    {
        TensorType.F64 or TensorType.I64 => 8,
        TensorType.F32 or TensorType.I32 => 4,
        TensorType.F16 or TensorType.BF16 => 2,
        TensorType.U8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    internal static bool IsFloatingPoint(TensorType type) =>
        type is TensorType.F32 or TensorType.F64 or TensorType.F16 or TensorType.BF16;

    /// <summary>An array for <paramref name="length"/> elements, not cleared: the caller fills all of it.</summary>
    internal static Array Allocate(TensorType type, int length) => type switch
    {
        TensorType.F32 => GC.AllocateUninitializedArray<float>(length),
        TensorType.F64 => GC.AllocateUninitializedArray<double>(length),
        TensorType.I32 => GC.AllocateUninitializedArray<int>(length),
        TensorType.I64 => GC.AllocateUninitializedArray<long>(length),
        TensorType.U8 => GC.AllocateUninitializedArray<byte>(length),
        TensorType.F16 => GC.AllocateUninitializedArray<Half>(length),
        TensorType.BF16 => GC.AllocateUninitializedArray<ushort>(length),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>Elements of a shape, or -1 where a dimension is negative or the product exceeds an Int64.</summary>
    internal static long CountElements(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long dimension in shape)
        {
            if (dimension < 0 || (dimension > 0 && count > long.MaxValue / dimension))
            {
                return -1;
            }

            count *= dimension;
        }

        return count;
    }
}
