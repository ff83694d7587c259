namespace FlowEngine.Tensors;

/// <summary>
/// The generator SplitMix64 (Steele, Lea and Flood 2014), our own so that no version of .NET can change what is derived
/// from it.
/// </summary>
internal static class SplitMix64
{
    /// <summary>Number i of a stream.</summary>
    /// <param name="seed">Which stream.</param>
    /// <param name="i">Counts its numbers from 0.</param>
    internal static ulong At(ulong seed, ulong i)
    {
        ulong z = seed + ((i + 1) * 0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
