using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels;

/// <summary>The formulae of an invertible map y = f(x) of one element, in the form of each kind of backend.</summary>
/// <remarks>
/// A map is a small readonly struct: it knows no arrays. The backends' loops load and store, end rows, divide the work
/// among threads and add the logarithms of the slopes of an image up to its LogDet, in an order fixed by the shape. The
/// float64 form is what the others are tested against, so it is written from the formulae and not from them.
/// </remarks>
public interface IElementwiseMap
{
    /// <summary>y, in float64.</summary>
    /// <param name="x">x.</param>
    /// <param name="logSlope">ln |f'(x)|.</param>
    double Forward(double x, out double logSlope);

    /// <summary>x, in float64.</summary>
    /// <param name="y">y.</param>
    double Inverse(double y);

    /// <summary>The gradient of x, in float64.</summary>
    /// <param name="y">y.</param>
    /// <param name="dy">Its gradient.</param>
    /// <param name="dLogDet">The gradient of LogDet.</param>
    double Backward(double y, double dy, double dLogDet);

    /// <summary>The part of ln |f'| that is the same for every x. The vector form leaves it out.</summary>
    double ConstantLogSlope { get; }

    /// <summary>y of 16 elements.</summary>
    /// <param name="x">x.</param>
    /// <param name="logSlope">ln |f'(x)| less <see cref="ConstantLogSlope"/>.</param>
    Vector512<float> Forward(Vector512<float> x, out Vector512<float> logSlope);

    /// <summary>x of 16 elements.</summary>
    /// <param name="y">y.</param>
    Vector512<float> Inverse(Vector512<float> y);

    /// <summary>The gradient of x of 16 elements.</summary>
    /// <param name="y">y.</param>
    /// <param name="dy">Its gradient.</param>
    /// <param name="dLogDet">The gradient of LogDet.</param>
    Vector512<float> Backward(Vector512<float> y, Vector512<float> dy, Vector512<float> dLogDet);

    /// <summary>The GPU's form.</summary>
    ElementwiseKernels Kernels { get; }

    /// <summary>What the kernels take as their last argument; 0 for a map without a parameter.</summary>
    float Parameter { get; }
}
