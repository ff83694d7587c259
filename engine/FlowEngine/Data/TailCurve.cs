namespace FlowEngine.Data;

/// <summary>Draws in the heavy tails of a column: y = asinh((x - Center) / Spread), near the center a straight line.</summary>
/// <param name="Center">The median of the training rows.</param>
/// <param name="Spread">Above 0: what four fifths of the training rows keep to, as a standard deviation.</param>
public sealed record TailCurve(double Center, double Spread)
{
    // Ninetieth minus tenth percentile of a standard normal column.
    private const double NormalSpread = 2.563;
    private const double LeastSpread = 1e-3;

    // Beyond it 1 + u² is u², which a double may not hold.
    private const double LargeSquare = 1e100;

    /// <summary>The curve that fits a column; of one whose values are nearly all alike its spread is the standard deviation.</summary>
    /// <param name="sorted">Values of the column, rising.</param>
    /// <param name="deviation">Their standard deviation.</param>
    internal static TailCurve Of(double[] sorted, double deviation)
    {
        double spread = (At(0.9) - At(0.1)) / NormalSpread;
        return new TailCurve(At(0.5), spread > LeastSpread * deviation ? spread : deviation);

        double At(double share) => sorted[(int)(share * (sorted.Length - 1))];
    }

    /// <summary>A value on the curve.</summary>
    /// <param name="x">Any number.</param>
    public double Forward(double x) => Math.Asinh((x - Center) / Spread);

    /// <summary>A value on the curve.</summary>
    /// <param name="x">Any number.</param>
    /// <param name="logDet">ln dy/dx = -ln Spread - ln(1 + u²) / 2 is added, u the number whose asinh is taken.</param>
    public double Forward(double x, ref double logDet)
    {
        double u = (x - Center) / Spread;
        logDet -= Math.Log(Spread) + (Math.Abs(u) < LargeSquare ? 0.5 * Math.Log(1 + (u * u)) : Math.Log(Math.Abs(u)));
        return Math.Asinh(u);
    }

    /// <summary>The derivative of <see cref="Forward(double)"/>, and of what <see cref="Forward(double, ref double)"/> adds to LogDet.</summary>
    /// <param name="x">Any number.</param>
    /// <param name="dLogDet">d(ln dy/dx)/dx.</param>
    internal double Slope(double x, out double dLogDet)
    {
        double u = (x - Center) / Spread;
        double root = double.Hypot(1, u);
        dLogDet = -u / root / root / Spread;
        return 1 / (Spread * root);
    }

    /// <summary>The value at a point of the curve; beyond the range of a double its end.</summary>
    /// <param name="y">Any number.</param>
    public double Inverse(double y) =>
        Math.Clamp(Center + (Spread * Math.Sinh(y)), -double.MaxValue, double.MaxValue);

    /// <summary>The curve of a column that is this one's times a factor, plus an offset: it has the same values, but for the sign.</summary>
    internal TailCurve Moved(double factor, double offset) => new((factor * Center) + offset, Math.Abs(factor) * Spread);
}
