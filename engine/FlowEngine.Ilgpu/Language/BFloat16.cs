namespace FlowEngine.Kernels.Device;

/// <summary>Two numbers as bf16 in a word, rounded to nearest even.</summary>
internal static class BFloat16
{
    public static uint Pack(float low, float high) => Bits(low) | (Bits(high) << 16);

    private static uint Bits(float value)
    {
        uint bits = XMath.AsUInt32(value);
        return float.IsNaN(value) ? 0x7fffu : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    }
}
