using FlowEngine.Architecture;

namespace FlowEngine.Models;

/// <summary>The latents of one level in an array of a caller.</summary>
/// <param name="Array">(B, <paramref name="Width"/>).</param>
/// <param name="Width">Values that one datum has in the array.</param>
/// <param name="Place">Where the level begins among them.</param>
internal readonly record struct LatentArray(CallerArray<float> Array, int Width, int Place)
{
    /// <summary>The latents of all levels of each datum one after the other.</summary>
    /// <param name="flow">The model's architecture.</param>
    /// <param name="rows">(B, D).</param>
    public static LatentArray[] OfRows(Flow flow, CallerArray<float> rows)
    {
        int place = 0;
        return [.. flow.LatentDims.Select(dims => new LatentArray(rows, flow.Dims, (place += dims) - dims))];
    }

    /// <summary>The latents of each level in an array of its own.</summary>
    /// <param name="flow">The model's architecture.</param>
    /// <param name="levels">By level, (B, h, w, c) of <see cref="Flow.LatentShapes"/>.</param>
    /// <param name="count">Data.</param>
    /// <exception cref="FlowException">The arrays are not one a level, or their lengths are others.</exception>
    public static LatentArray[] OfLevels(Flow flow, IReadOnlyList<CallerArray<float>> levels, long count)
    {
        IReadOnlyList<int> dims = flow.LatentDims;
        if (levels.Count != dims.Count || levels.Where((level, l) => level.Length != count * dims[l]).Any())
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"latents of lengths {string.Join(", ", levels.Select(level => level.Length))} were given, expected "
                + $"{count} times {string.Join(", ", dims)}");
        }

        return [.. levels.Select((level, l) => new LatentArray(level, dims[l], 0))];
    }

    /// <summary>A part of the data.</summary>
    /// <param name="first">The first datum.</param>
    /// <param name="count">Data.</param>
    public LatentArray Part(long first, int count) =>
        this with { Array = Array.Slice(first * Width, (long)count * Width) };
}
