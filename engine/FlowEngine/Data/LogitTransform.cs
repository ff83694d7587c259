namespace FlowEngine.Data;

/// <summary>Takes bounded values to the whole line: y = logit(λ + (1 - 2λ)(x - Low) / (High - Low)).</summary>
/// <param name="Lambda">λ, above 0 and below 0.5: keeps the bounds themselves finite.</param>
/// <param name="Low">The lower bound of the data.</param>
/// <param name="High">The upper bound.</param>
public sealed record LogitTransform(double Lambda, double Low, double High)
{
    /// <summary>Checks the numbers.</summary>
    /// <exception cref="FlowException">One is out of range.</exception>
    public void Validate()
    {
        if (!(Lambda > 0 && Lambda < 0.5) || !(Low < High) || !double.IsFinite(High - Low))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                FormattableString.Invariant($"logit with lambda {Lambda} and bounds {Low} to {High}: ")
                + "expected a lambda above 0 and below 0.5, and finite bounds in order");
        }
    }

    /// <summary>A value on the line.</summary>
    /// <param name="x">Low to High.</param>
    /// <param name="logDet">ln dy/dx = ln((1 - 2λ) / (High - Low)) - ln u - ln(1 - u) is added.</param>
    public double Forward(double x, ref double logDet)
    {
        double slope = (1 - 2 * Lambda) / (High - Low);
        double u = Lambda + slope * (x - Low);
        double logOdds = Math.Log(u) - Math.Log(1 - u);
        logDet += Math.Log(slope) - Math.Log(u) - Math.Log(1 - u);
        return logOdds;
    }

    /// <summary>The derivative of <see cref="Forward"/>'s value, and of what it adds to LogDet.</summary>
    /// <param name="x">Low to High.</param>
    /// <param name="dLogDet">d(ln dy/dx)/dx.</param>
    internal double Slope(double x, out double dLogDet)
    {
        double slope = (1 - 2 * Lambda) / (High - Low);
        double u = Lambda + slope * (x - Low);
        dLogDet = slope * (2 * u - 1) / (u * (1 - u));
        return slope / (u * (1 - u));
    }

    /// <summary>The bounded value of a value on the line; beyond what <see cref="Forward"/> gives, the bound.</summary>
    /// <param name="y">Any number.</param>
    public double Inverse(double y)
    {
        double u = 1 / (1 + Math.Exp(-y));
        return Math.Clamp(Low + (u - Lambda) / (1 - 2 * Lambda) * (High - Low), Low, High);
    }
}
