using FlowEngine.Tensors;

namespace FlowEngine.Data;

/// <summary>Built-in tables of two columns that are pictures: what a density of them should look like is seen at once.</summary>
internal static class TableShapes
{
    private const int TrainCount = 100_000;
    private const int ValidationCount = 2_000;
    private const int TestCount = 5_000;
    private const double MoonNoise = 0.08;
    private const double RingNoise = 0.06;

    /// <summary>The names of the shapes.</summary>
    public static IReadOnlyList<string> Names { get; } = ["two-moons", "rings", "checkerboard"];

    /// <summary>Draws the parts of a shape.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="seed">The seed.</param>
    public static TableParts Draw(string name, ulong seed) => new(
        Draw(name, seed, part: 0, TrainCount),
        Draw(name, seed, part: 1, ValidationCount),
        Draw(name, seed, part: 2, TestCount));

    private static TableDataset Draw(string name, ulong seed, uint part, int count)
    {
        HostRandom random = new(seed, RandomPurpose.Shape, part);
        double[] uniform = random.Uniform(3 * count);
        double[] normal = random.Normal(2 * count);
        double[][] rows = new double[count][];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<double> u = uniform.AsSpan(3 * i, 3);
            ReadOnlySpan<double> e = normal.AsSpan(2 * i, 2);
            rows[i] = name switch
            {
                "two-moons" => Moon(u, e),
                "rings" => Ring(u, e),
                _ => Checker(u),
            };
        }

        return new TableDataset(name, ["x", "y"], rows);
    }

    /// <summary>Half circles of radius 1 around (0, 0) and (1, 0.5), one open below and one above.</summary>
    private static double[] Moon(ReadOnlySpan<double> u, ReadOnlySpan<double> e)
    {
        (double sin, double cos) = Math.SinCos(Math.PI * u[0]);
        (double x, double y) = u[1] < 0.5 ? (cos, sin) : (1 - cos, 0.5 - sin);
        return [x + MoonNoise * e[0], y + MoonNoise * e[1]];
    }

    /// <summary>Circles of radius 1 and 2, equally likely.</summary>
    private static double[] Ring(ReadOnlySpan<double> u, ReadOnlySpan<double> e)
    {
        (double sin, double cos) = Math.SinCos(2 * Math.PI * u[0]);
        double radius = (u[1] < 0.5 ? 1 : 2) + RingNoise * e[0];
        return [radius * cos, radius * sin];
    }

    /// <summary>Every second of 4x4 squares of side 1.</summary>
    private static double[] Checker(ReadOnlySpan<double> u)
    {
        double x = 4 * u[0];
        int row = 2 * (int)(2 * u[2]) + ((int)x & 1);
        return [x - 2, row + u[1] - 2];
    }
}
