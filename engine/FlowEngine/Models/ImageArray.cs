namespace FlowEngine.Models;

/// <summary>Images of a caller, (B, H, W, C): scaled values, or grey levels.</summary>
internal readonly struct ImageArray
{
    /// <summary>Values scaled to [-0.5, 0.5), or rows of continuous data.</summary>
    public ImageArray(CallerArray<float> scaled) => Scaled = scaled;

    /// <summary>Grey levels 0 to bins - 1: read with uniform noise, written quantized.</summary>
    /// <param name="levels">The levels.</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="firstIndex">The index of the first image in the stream of the noise.</param>
    public ImageArray(CallerArray<byte> levels, ulong seed = 0, uint firstIndex = 0) =>
        (Levels, AreLevels, Seed, FirstIndex) = (levels, true, seed, firstIndex);

    /// <summary>Whether these are <see cref="Levels"/>, not <see cref="Scaled"/>.</summary>
    public bool AreLevels { get; }

    /// <summary>The values.</summary>
    public CallerArray<float> Scaled { get; }

    /// <summary>The grey levels.</summary>
    public CallerArray<byte> Levels { get; }

    /// <summary>The seed of the noise of grey levels.</summary>
    public ulong Seed { get; }

    /// <summary>The index of the first image in the stream of the noise.</summary>
    public uint FirstIndex { get; }

    /// <summary>Values.</summary>
    public long Length => AreLevels ? Levels.Length : Scaled.Length;

    /// <summary>A part of the images.</summary>
    /// <param name="first">The first image.</param>
    /// <param name="count">Images.</param>
    /// <param name="dims">Values of one image.</param>
    public ImageArray Part(long first, int count, int dims) => AreLevels
        ? new ImageArray(Levels.Slice(first * dims, (long)count * dims), Seed, FirstIndex + (uint)first)
        : new ImageArray(Scaled.Slice(first * dims, (long)count * dims));
}
