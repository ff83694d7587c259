using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels;

/// <summary>
/// A monotonic rational-quadratic spline of one value on [-B, B], the identity outside (Durkan, Bekasov, Murray and
/// Papamakarios, "Neural spline flows", 2019).
/// </summary>
/// <remarks>
/// <para>
/// A spline has 3K - 1 raw numbers: w, K for the widths of its bins, h, K for their heights, and v, K - 1 for the slopes
/// at the knots between bins. At both ends the slope is 1, so that the tails go on smoothly.
/// </para>
/// <code>
/// W_j = 2B (ε + (1 - Kε) softmax(a(w))_j);  x_0 = -B, x_(j+1) = x_j + W_j       H_j and y_j of h in the same way
/// Zuko        ε = 0;      a(r) = r / (1 + |2r / ln 1000|);   δ_j = e^(v_j / (1 + |v_j / ln 1000|))
/// Nflows      ε = 0.001;  a(r) = r;                          δ_j = 0.001 + ln(1 + e^(v_j))
/// </code>
/// flowjax's has K - 1 numbers for the widths, K - 1 for the heights and K + 1 for all slopes, those of the ends among them:
/// <code>
/// Flowjax     ε = 0.01 / (1.01 (K - 1));  S_j = 2B (ε + softmax(w)_j / 1.01);  W = S_0/2, S_1, ..., S_(K-2), S_0/2
///             H of h in the same way;  δ_j = 0.001 + ln(1 + e^(v_j + c)), c such that v_j = 0 gives 1
/// </code>
/// In bin k, with s = H_k/W_k, ξ = (x - x_k)/W_k, η = 1 - ξ, δ = δ_k, δ' = δ_(k+1):
/// <code>
/// D = s (ξ² + η²) + (δ + δ') ξη;   P = δ' ξ² + 2s ξη + δ η²
/// Forward     y = y_k + H_k (s ξ² + δ ξη) / D;   ln dy/dx = ln((s/D)² P)
/// Inverse     t = (y - y_k)/H_k, u = 1 - t, m = δu - δ't, g = |m| + √(m² + 4s²tu)
///             ξ = 2st / (2st + g) where m ≥ 0, g / (g + 2su) where m &lt; 0;   x = x_k + W_k ξ
/// </code>
/// This D is the paper's s + (δ + δ' - 2s) ξη, and the root is its 2c / (-b - √(b² - 4ac)), whose discriminant is
/// m² + 4s²tu. Written so, every sum is of terms of one sign: nothing cancels, however narrow the bin or far apart the
/// slopes. What is read of x is its distance from the knot to its left.
/// </remarks>
/// <param name="Bins">K, 2 to <see cref="LargestBins"/>.</param>
/// <param name="Bound">B, positive.</param>
/// <param name="Parametrization">What the raw numbers stand for.</param>
/// <exception cref="ArgumentOutOfRangeException">K or B is out of range.</exception>
public sealed record RationalQuadraticSpline(int Bins, double Bound, SplineParametrization Parametrization) : MonotonicMap
{
    /// <summary>The largest K: a vector unit's scratch is on the stack.</summary>
    public const int LargestBins = 64;

    /// <summary>The range of zuko's sizes and slopes, and the inverse of the least ones of nflows.</summary>
    private const double Range = 1000;

    /// <summary>K.</summary>
    public int Bins { get; init; } = Bins is >= 2 and <= LargestBins
        ? Bins
        : throw new ArgumentOutOfRangeException(nameof(Bins), Bins, $"expected 2 to {LargestBins}");

    /// <summary>B.</summary>
    public double Bound { get; init; } = Bound > 0 && double.IsFinite(Bound)
        ? Bound
        : throw new ArgumentOutOfRangeException(nameof(Bound), Bound, "expected a positive number");

    /// <summary>Raw numbers of one value, 3K - 1.</summary>
    public override int ParametersLength => (3 * Bins) - 1;

    /// <summary>True where slopes are an exponential, false where they are a softplus above the least one.</summary>
    internal bool HasExponentialSlopes => Parametrization == SplineParametrization.Zuko;

    /// <summary>True where the slopes at both ends are free, and the first and the last bin share one size, half for each.</summary>
    internal bool HasFreeEnds => Parametrization == SplineParametrization.Flowjax;

    /// <summary>Raw numbers of the widths, and of the heights.</summary>
    internal int Sizes => HasFreeEnds ? Bins - 1 : Bins;

    /// <summary>Raw numbers of the slopes.</summary>
    internal int Slopes => HasFreeEnds ? Bins + 1 : Bins - 1;

    /// <summary>ε, the least part of 2B that a size takes.</summary>
    internal double LeastSize => Parametrization switch
    {
        SplineParametrization.Zuko => 0,
        SplineParametrization.Nflows => 1 / Range,
        _ => 0.01 / (1.01 * Sizes),
    };

    /// <summary>What the softmax divides of 2B.</summary>
    internal double FreeSize => 2 * Bound * (1 - (Sizes * LeastSize));

    /// <summary>What every slope is above, where it is a softplus.</summary>
    internal double LeastSlope => HasExponentialSlopes ? 0 : 1 / Range;

    /// <summary>a(r) = r / (1 + |r| times this).</summary>
    internal double SizeBend => Parametrization == SplineParametrization.Zuko ? 2 / Math.Log(Range) : 0;

    /// <summary>The same of slopes.</summary>
    internal double SlopeBend => SizeBend / 2;

    /// <summary>c, what is added to the raw numbers of slopes.</summary>
    internal double SlopeOffset => HasFreeEnds ? RawOfUnitSlope : 0;

    /// <summary>The raw number of a slope of 1, with what is added to it.</summary>
    internal double RawOfUnitSlope => HasExponentialSlopes ? 0 : Math.Log(Math.Exp(1 - LeastSlope) - 1);

    /// <summary>The same in float32.</summary>
    internal SplineNumbers Numbers => new(
        Bins,
        HasExponentialSlopes ? 1 : 0,
        HasFreeEnds ? 1 : 0,
        (float)Bound,
        (float)(2 * Bound * LeastSize),
        (float)FreeSize,
        (float)SizeBend,
        (float)LeastSlope,
        (float)SlopeBend,
        (float)RawOfUnitSlope);
}
