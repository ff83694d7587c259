using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels;

/// <summary>A scale and a shift of one value, as one of the libraries defines them of two raw numbers, m and r.</summary>
/// <remarks>
/// <code>
/// Zuko             a = r / (1 + |r| / ln 1000)          y = e^a x + m
/// NflowsSigmoid    a = ln(σ(r + 2) + 0.001)             y = e^a x + m
/// NflowsSoftplus   a = ln(ln(1 + e^r) + 0.001)          y = e^a x + m
/// Flowjax          a = ln(ln(1 + e^r))                  y = e^a x + m
/// Normflows        a = -r                               y = e^a (x - m)
/// Forward     LogDet[b] += Σ a
/// Backward    dx = e^a dy;   dr = (e^a u dy + dLogDet[b]) da/dr;   u = x, dm = dy, of normflows u = x - m, dm = -dx
/// </code>
/// </remarks>
/// <param name="Parametrization">Whose definition it is.</param>
public sealed record MonotonicAffine(AffineParametrization Parametrization) : MonotonicMap
{
    /// <summary>m and r.</summary>
    public override int ParametersLength => 2;

    /// <summary>What is added to a sigmoid or softplus.</summary>
    internal double Least => Parametrization switch
    {
        AffineParametrization.NflowsSigmoid or AffineParametrization.NflowsSoftplus => 1e-3,
        _ => 0,
    };

    /// <summary>The same for kernels and vector units.</summary>
    internal AffineNumbers Numbers => Parametrization switch
    {
        AffineParametrization.Zuko => new(AffineNumbers.Exponential, 0, 1, (float)(1 / Math.Log(1000)), 0),
        AffineParametrization.NflowsSigmoid => new(AffineNumbers.Sigmoid, 0, 1, 0, (float)Least),
        AffineParametrization.NflowsSoftplus or AffineParametrization.Flowjax =>
            new(AffineNumbers.Softplus, 0, 1, 0, (float)Least),
        AffineParametrization.Normflows => new(AffineNumbers.Exponential, 1, -1, 0, 0),
        _ => throw new ArgumentOutOfRangeException(nameof(Parametrization), Parametrization, "expected one of the enumeration"),
    };
}
