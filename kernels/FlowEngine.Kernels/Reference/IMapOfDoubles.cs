namespace FlowEngine.Kernels.Reference;

/// <summary>A <see cref="MonotonicMap"/> with its raw numbers, in float64.</summary>
internal interface IMapOfDoubles
{
    /// <summary>y, and ln dy/dx.</summary>
    double Forward(double x, out double logSlope);

    /// <summary>x.</summary>
    double Inverse(double y);

    /// <summary>The gradient of x; those of the raw numbers are overwritten.</summary>
    double Backward(double x, double dy, double dLogDet, Span<double> dRaw);
}
