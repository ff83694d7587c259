namespace FlowEngine.Kernels.Device;

/// <summary>The upper half of a float32: 8 bits of exponent, 7 of fraction. Held as its bits.</summary>
[DeviceType("u16")]
public readonly struct BFloat16 : IEquatable<BFloat16>
{
    private BFloat16(ushort bits) => Bits = bits;

    /// <summary>The bits.</summary>
    public ushort Bits { get; }

    /// <summary>The nearest; ties go to even, NaN to 0x7fff.</summary>
    /// <param name="value">The number to round.</param>
    [Intrinsic("BF16_FROM_F32")]
    public static BFloat16 FromSingle(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return new((ushort)(float.IsNaN(value) ? 0x7fffu : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16));
    }

    /// <summary>The same number as a float32.</summary>
    [Intrinsic("BF16_TO_F32")]
    public float ToSingle() => BitConverter.UInt32BitsToSingle((uint)Bits << 16);

    /// <summary>Two rounded numbers in one word, as the tensor cores take them.</summary>
    /// <param name="low">Goes to the low half.</param>
    /// <param name="high">Goes to the high half.</param>
    [Intrinsic("BF16_PACK")]
    public static uint Pack(float low, float high) => FromSingle(low).Bits | ((uint)FromSingle(high).Bits << 16);

    /// <inheritdoc/>
    public bool Equals(BFloat16 other) => Bits == other.Bits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BFloat16 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Bits;

    /// <summary>Whether the bits are equal. Not for kernels.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(BFloat16 left, BFloat16 right) => left.Bits == right.Bits;

    /// <summary>Whether the bits differ. Not for kernels.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(BFloat16 left, BFloat16 right) => left.Bits != right.Bits;
}
