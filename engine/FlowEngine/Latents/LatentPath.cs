namespace FlowEngine.Latents;

/// <summary>Paths between the latents of two data.</summary>
public static class LatentPath
{
    // Below this angle, and as near to opposite directions, an arc is not told from a line, or there is no one arc.
    private const double SmallestSine = 1e-4;

    /// <summary>Points on the way from one datum to another, both ends among them.</summary>
    /// <remarks>
    /// With a and b the latents of all levels as one vector and θ the angle between them, the point at t is
    /// (sin((1 - t) θ) a + sin(t θ) b) / sin θ on an arc, (1 - t) a + t b on a line. The ends are a and b bit for bit.
    /// </remarks>
    /// <param name="latents">By level, (B, ...), as <see cref="Models.ModelInference"/>'s <c>Standardize</c> gives them.</param>
    /// <param name="count">B.</param>
    /// <param name="from">The datum at the start, 0 to B - 1.</param>
    /// <param name="to">The datum at the end.</param>
    /// <param name="points">How many points, at least 2.</param>
    /// <param name="kind">On an arc, or on a line.</param>
    /// <returns>By level, (points, ...).</returns>
    /// <exception cref="FlowException">An index or a number is out of range, or the latents are not of B data.</exception>
    public static float[][] Between(
        IReadOnlyList<float[]> latents, int count, int from, int to, int points, PathKind kind)
    {
        LatentRows.Require(latents, count);
        LatentRows.RequireIndex(from, count);
        LatentRows.RequireIndex(to, count);
        if (points < 2)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"a path of {points} points, expected at least 2");
        }

        float[][] start = LatentRows.Select(latents, count, [from]);
        float[][] end = LatentRows.Select(latents, count, [to]);
        double cosine = LatentRows.Dot(start, end)
            / Math.Sqrt(LatentRows.Dot(start, start) * LatentRows.Dot(end, end));
        double angle = Math.Acos(Math.Clamp(cosine, -1, 1));
        bool isArc = kind == PathKind.Spherical && Math.Sin(angle) > SmallestSine;
        float[][] path = [.. start.Select(level => new float[(long)level.Length * points])];
        for (int p = 0; p < points; p++)
        {
            double t = (double)p / (points - 1);
            (double ofStart, double ofEnd) = p == 0 ? (1, 0) : p == points - 1 ? (0, 1) : isArc
                ? (Math.Sin((1 - t) * angle) / Math.Sin(angle), Math.Sin(t * angle) / Math.Sin(angle))
                : (1 - t, t);
            for (int l = 0; l < path.Length; l++)
            {
                int dims = start[l].Length;
                for (int i = 0; i < dims; i++)
                {
                    path[l][(p * dims) + i] = (float)((ofStart * start[l][i]) + (ofEnd * end[l][i]));
                }
            }
        }

        return path;
    }
}
