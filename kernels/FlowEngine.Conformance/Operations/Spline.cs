using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

// Rational-quadratic splines, scales and shifts.
internal static partial class BackendOperations
{
    public static IReadOnlyList<(string Name, RationalQuadraticSpline Spline)> Splines { get; } =
    [
        ("Spline, zuko", new(8, 3, SplineParametrization.Zuko)),
        ("Spline, nflows", new(3, 2.5, SplineParametrization.Nflows)),
        ("Spline, flowjax", new(5, 2.5, SplineParametrization.Flowjax)),
    ];

    public static IReadOnlyList<(string Name, MonotonicMap Map)> MonotonicMaps { get; } =
    [
        .. Splines.Select(known => (known.Name, (MonotonicMap)known.Spline)),
        .. Enum.GetValues<AffineParametrization>().Select(
            definition => ($"MonotonicAffine, {definition}", (MonotonicMap)new MonotonicAffine(definition))),
    ];

    public static OperationOutputs RunSpline(OperationBuffers buffers, ImageShape shape, MonotonicMap spline, int passing)
    {
        IBackend backend = buffers.Backend;
        int numbers = (shape.Dims - passing) * spline.ParametersLength;

        // Some beyond the bound.
        BufferView x = buffers.PerImage(shape.Dims, 2);
        BufferView output = buffers.PerImage(numbers, 0.5);
        BufferView y = buffers.Output(shape.Length);
        BufferView logDet = buffers.PerImage(1);
        backend.Splines.Forward(spline, shape, passing, x, output, y, logDet);
        BufferView back = buffers.Output(shape.Length);
        backend.Splines.Inverse(spline, shape, passing, y, output, back);
        BufferView dx = buffers.Output(shape.Length);
        BufferView dOutput = buffers.Output(output.Length);
        backend.Splines.Backward(
            spline, shape, passing, x, output, buffers.PerImage(shape.Dims), buffers.PerImage(1), dx, dOutput);
        return new OperationOutputs()
            .PerImage("y", y)
            .PerImage("logDet", logDet)
            .PerImage("back", back)
            .PerImage("dx", dx)
            .PerImage("dOutput", dOutput);
    }
}
