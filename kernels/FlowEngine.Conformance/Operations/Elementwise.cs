using FlowEngine.Kernels;

namespace FlowEngine.Conformance.Operations;

internal static partial class BackendOperations
{
    /// <summary>Every elementwise map, and the standard deviation of the x it is tried with.</summary>
    public static IEnumerable<(string Name, ElementwiseMap Map, double Scale)> ElementwiseMaps
    {
        get
        {
            // Uniform in [-½, ½): grey levels and noise.
            yield return ("Logit", ElementwiseMap.Of(new LogitMap(0.05)), 0.5 / Math.Sqrt(3));
            yield return ("Asinh", ElementwiseMap.Of(new AsinhMap(1.5)), 4);
        }
    }

    public static OperationOutputs RunElementwise(
        OperationBuffers buffers, ImageShape shape, ElementwiseMap map, double scale)
    {
        IBackend backend = buffers.Backend;
        BufferView x = buffers.PerImage(shape.Dims, scale);
        BufferView y = buffers.Output(shape.Length);
        BufferView logDet = buffers.PerImage(1);
        backend.ElementwiseForward(map, shape, x, y, logDet);
        BufferView back = buffers.Output(shape.Length);
        backend.ElementwiseInverse(map, shape, y, back);
        BufferView dx = buffers.Output(shape.Length);
        backend.ElementwiseBackward(map, shape, y, buffers.PerImage(shape.Dims), buffers.PerImage(1), dx);
        return new OperationOutputs()
            .PerImage("y", y)
            .PerImage("logDet", logDet)
            .PerImage("back", back)
            .PerImage("dx", dx);
    }
}
