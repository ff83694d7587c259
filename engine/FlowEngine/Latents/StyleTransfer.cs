using FlowEngine.Kernels;

namespace FlowEngine.Latents;

/// <summary>Gives the latents of some levels the look of another datum's.</summary>
/// <remarks>
/// Level 0 holds the finest detail, the last level what is left of the whole image. So taking the first levels from another
/// image changes its texture, and taking the last changes what it shows.
/// </remarks>
public static class StyleTransfer
{
    // An image of one tone has channels without any spread.
    private const double SmallestDeviation = 1e-6;

    /// <summary>Takes whole levels from other data.</summary>
    /// <param name="content">The latents of B data, by level.</param>
    /// <param name="style">The latents of B others.</param>
    /// <param name="count">B.</param>
    /// <param name="levels">The levels to take, counted from 0.</param>
    /// <param name="strength">1 takes them, 0 leaves them as they are, between it mixes.</param>
    /// <returns>By level, (B, ...).</returns>
    /// <exception cref="FlowException">The latents do not fit each other, or there is no such level.</exception>
    public static float[][] Exchange(
        IReadOnlyList<float[]> content,
        IReadOnlyList<float[]> style,
        int count,
        IReadOnlyList<int> levels,
        double strength) =>
        Change(content, style, count, levels, strength, (_, _, ofStyle, target) => ofStyle.CopyTo(target));

    /// <summary>
    /// Gives every channel of a level the mean and the deviation, over the pixels, that it has in other data
    /// (Huang and Belongie 2017, in a flow's latents instead of a network's features).
    /// </summary>
    /// <param name="content">The latents of B data, by level.</param>
    /// <param name="style">The latents of B others.</param>
    /// <param name="shapes">The shapes of the latents, <see cref="Architecture.Flow.LatentShapes"/>.</param>
    /// <param name="levels">The levels to change, counted from 0.</param>
    /// <param name="strength">1 changes them, 0 leaves them as they are, between it mixes.</param>
    /// <returns>By level, (B, ...).</returns>
    /// <exception cref="FlowException">The latents do not fit each other, or there is no such level.</exception>
    public static float[][] MatchStatistics(
        IReadOnlyList<float[]> content,
        IReadOnlyList<float[]> style,
        IReadOnlyList<ImageShape> shapes,
        IReadOnlyList<int> levels,
        double strength)
    {
        if (shapes.Count == 0 || !shapes.Select(shape => shape.Length).SequenceEqual(content.Select(z => (long)z.Length)))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"latents of lengths {string.Join(", ", content.Select(z => z.Length))} were given, expected "
                + string.Join(", ", shapes.Select(shape => shape.Length)));
        }

        return Change(content, style, shapes[0].Batch, levels, strength, (level, ofContent, ofStyle, target) =>
        {
            int channels = shapes[level].Channels;
            for (int c = 0; c < channels; c++)
            {
                (double mean, double deviation) = Statistics(ofContent, c, channels);
                (double meanOfStyle, double deviationOfStyle) = Statistics(ofStyle, c, channels);
                double scale = deviationOfStyle / Math.Max(deviation, SmallestDeviation);
                for (int i = c; i < target.Length; i += channels)
                {
                    target[i] = (float)(meanOfStyle + (scale * (ofContent[i] - mean)));
                }
            }
        });
    }

    private delegate void LevelChange(
        int level, ReadOnlySpan<float> ofContent, ReadOnlySpan<float> ofStyle, Span<float> target);

    private static float[][] Change(
        IReadOnlyList<float[]> content,
        IReadOnlyList<float[]> style,
        int count,
        IReadOnlyList<int> levels,
        double strength,
        LevelChange change)
    {
        LatentRows.RequireAlike(content, count, style, count);
        if (levels.Count == 0 || levels.Any(level => (uint)level >= (uint)content.Count))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"the levels {string.Join(", ", levels)} were asked for, expected some of 0 to {content.Count - 1}");
        }

        if (!(strength >= 0 && strength <= 1))
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"the strength is {strength}, expected 0 to 1");
        }

        float[][] result = [.. content.Select(level => (float[])level.Clone())];
        foreach (int level in levels.Distinct())
        {
            int dims = content[level].Length / count;
            for (int first = 0; first < content[level].Length; first += dims)
            {
                ReadOnlySpan<float> before = content[level].AsSpan(first, dims);
                Span<float> target = result[level].AsSpan(first, dims);
                change(level, before, style[level].AsSpan(first, dims), target);
                for (int i = 0; i < dims && strength < 1; i++)
                {
                    target[i] = (float)(before[i] + (strength * (target[i] - (double)before[i])));
                }
            }
        }

        return result;
    }

    private static (double Mean, double Deviation) Statistics(ReadOnlySpan<float> values, int channel, int channels)
    {
        int count = values.Length / channels;
        double mean = 0;
        for (int i = channel; i < values.Length; i += channels)
        {
            mean += values[i] / (double)count;
        }

        double variance = 0;
        for (int i = channel; i < values.Length; i += channels)
        {
            variance += (values[i] - mean) * (values[i] - mean) / count;
        }

        return (mean, Math.Sqrt(variance));
    }
}
