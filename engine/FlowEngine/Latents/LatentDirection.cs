namespace FlowEngine.Latents;

/// <summary>A direction in latent space along which an attribute of the data grows.</summary>
/// <remarks>A strength of 1 goes as far as the means of the data with and without the attribute are apart.</remarks>
public sealed class LatentDirection
{
    private readonly float[][] _levels;

    private LatentDirection(float[][] levels, double separated)
    {
        _levels = levels;
        Separated = separated;
    }

    /// <summary>The direction by level, of one datum.</summary>
    public IReadOnlyList<float[]> Levels => _levels;

    /// <summary>
    /// The share of the data it was found from that lie on their own side of the plane through the middle of the two means.
    /// </summary>
    public double Separated { get; }

    /// <summary>The difference of the means (Kingma and Dhariwal 2018, section 6).</summary>
    /// <param name="with">The latents of data with the attribute, by level.</param>
    /// <param name="countWith">How many.</param>
    /// <param name="without">The latents of data without it.</param>
    /// <param name="countWithout">How many.</param>
    /// <exception cref="FlowException">The latents do not fit each other.</exception>
    public static LatentDirection MeanDifference(
        IReadOnlyList<float[]> with, int countWith, IReadOnlyList<float[]> without, int countWithout)
    {
        LatentRows.RequireAlike(with, countWith, without, countWithout);
        return Along(Difference(with, countWith, without, countWithout), with, countWith, without, countWithout);
    }

    /// <summary>
    /// The normal of a linear classifier: logistic regression with a penalty on its weights, both sides of equal weight. It
    /// tells the attribute from what only goes along with it.
    /// </summary>
    /// <inheritdoc cref="MeanDifference" path="/param"/>
    /// <inheritdoc cref="MeanDifference" path="/exception"/>
    public static LatentDirection ClassifierNormal(
        IReadOnlyList<float[]> with, int countWith, IReadOnlyList<float[]> without, int countWithout)
    {
        LatentRows.RequireAlike(with, countWith, without, countWithout);
        int[] dims = [.. with.Select(level => level.Length / countWith)];
        float[] rows = [.. Flatten(with, countWith, dims), .. Flatten(without, countWithout, dims)];
        double[] normal = LogisticRegression.Fit(rows, countWith, countWithout);
        double[][] levels = new double[dims.Length][];
        for (int l = 0, at = 0; l < dims.Length; at += dims[l], l++)
        {
            levels[l] = normal[at..(at + dims[l])];
        }

        // As long as the means are apart along it.
        double[][] difference = Difference(with, countWith, without, countWithout);
        double apart = Product(difference, levels);
        double squared = Product(levels, levels);
        double scale = squared > 0 ? apart / squared : 0;
        return Along(
            [.. levels.Select(level => Array.ConvertAll(level, value => value * scale))],
            with,
            countWith,
            without,
            countWithout);
    }

    /// <summary>Moves data along the direction.</summary>
    /// <param name="latents">By level, (B, ...).</param>
    /// <param name="count">B.</param>
    /// <param name="strength">How far: 0 not at all, 1 by the distance of the means, negative the other way.</param>
    /// <returns>By level, (B, ...).</returns>
    /// <exception cref="FlowException">The latents do not fit, or the strength is no number.</exception>
    public float[][] Apply(IReadOnlyList<float[]> latents, int count, double strength)
    {
        LatentRows.RequireAlike(latents, count, _levels, 1);
        if (!double.IsFinite(strength))
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"the strength is {strength}, expected a number");
        }

        float[][] moved = new float[latents.Count][];
        for (int l = 0; l < moved.Length; l++)
        {
            float[] direction = _levels[l];
            moved[l] = new float[latents[l].Length];
            for (int i = 0; i < moved[l].Length; i++)
            {
                moved[l][i] = (float)(latents[l][i] + (strength * direction[i % direction.Length]));
            }
        }

        return moved;
    }

    private static LatentDirection Along(
        double[][] direction, IReadOnlyList<float[]> with, int countWith, IReadOnlyList<float[]> without, int countWithout)
    {
        double ofWith = Product(LatentRows.Mean(with, countWith), direction);
        double ofWithout = Product(LatentRows.Mean(without, countWithout), direction);
        double middle = (ofWith + ofWithout) / 2;
        int right = Projections(with, countWith, direction).Count(value => value > middle)
            + Projections(without, countWithout, direction).Count(value => value < middle);
        return new LatentDirection(
            [.. direction.Select(level => Array.ConvertAll(level, value => (float)value))],
            (double)right / (countWith + countWithout));
    }

    private static double[][] Difference(
        IReadOnlyList<float[]> with, int countWith, IReadOnlyList<float[]> without, int countWithout) =>
    [
        .. LatentRows.Mean(with, countWith).Zip(
            LatentRows.Mean(without, countWithout), (a, b) => a.Zip(b, (p, q) => p - q).ToArray()),
    ];

    private static double Product(double[][] a, double[][] b) =>
        a.Zip(b, (p, q) => p.Zip(q, (x, y) => x * y).Sum()).Sum();

    private static double[] Projections(IReadOnlyList<float[]> latents, int count, double[][] direction)
    {
        double[] sums = new double[count];
        for (int l = 0; l < direction.Length; l++)
        {
            int dims = direction[l].Length;
            for (int i = 0; i < latents[l].Length; i++)
            {
                sums[i / dims] += latents[l][i] * direction[l][i % dims];
            }
        }

        return sums;
    }

    private static float[] Flatten(IReadOnlyList<float[]> latents, int count, int[] dims)
    {
        float[] rows = new float[(long)count * dims.Sum()];
        int at = 0;
        for (int row = 0; row < count; row++)
        {
            for (int l = 0; l < dims.Length; l++)
            {
                latents[l].AsSpan(row * dims[l], dims[l]).CopyTo(rows.AsSpan(at));
                at += dims[l];
            }
        }

        return rows;
    }
}
