using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    private sealed class SplineMaps(GpuBackend backend) : ISplines
    {
        public ISplineNetwork? GetNetwork(NetworkShape network, MonotonicMap map, int dims, int passing) =>
            backend.GetSplineNetwork(network, map, dims, passing);

        public void Forward(
            MonotonicMap map,
            ImageShape shape,
            int passing,
            BufferView x,
            BufferView output,
            BufferView y,
            BufferView logDet)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            int moved = shape.Dims - passing;
            GpuView<float> logSlopes = backend._partials.OfLength((long)shape.Batch * moved);
            if (map is RationalQuadraticSpline spline)
            {
                SplineKernels.Forward(
                    backend._stream,
                    GridOf(shape, spline),
                    backend.View(x, shape.Length),
                    backend.View(output, map.OutputLength(shape, passing)),
                    backend.View(y, shape.Length),
                    logSlopes,
                    shape.Length,
                    shape.Dims,
                    passing,
                    spline.Numbers);
            }
            else
            {
                AffineKernels.Forward(
                    backend._stream,
                    Cover(shape.Length, AffineKernels.ForwardKernel),
                    backend.View(x, shape.Length),
                    backend.View(output, map.OutputLength(shape, passing)),
                    backend.View(y, shape.Length),
                    logSlopes,
                    shape.Length,
                    shape.Dims,
                    passing,
                    ((MonotonicAffine)map).Numbers);
            }

            backend.AddPartsOfImages(logSlopes, logDet, moved, shape.Batch);
        }

        public void Inverse(
            MonotonicMap map, ImageShape shape, int passing, BufferView y, BufferView output, BufferView x)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            if (map is RationalQuadraticSpline spline)
            {
                SplineKernels.Inverse(
                    backend._stream,
                    GridOf(shape, spline),
                    backend.View(y, shape.Length),
                    backend.View(output, map.OutputLength(shape, passing)),
                    backend.View(x, shape.Length),
                    shape.Length,
                    shape.Dims,
                    passing,
                    spline.Numbers);
            }
            else
            {
                AffineKernels.Inverse(
                    backend._stream,
                    Cover(shape.Length, AffineKernels.InverseKernel),
                    backend.View(y, shape.Length),
                    backend.View(output, map.OutputLength(shape, passing)),
                    backend.View(x, shape.Length),
                    shape.Length,
                    shape.Dims,
                    passing,
                    ((MonotonicAffine)map).Numbers);
            }
        }

        public void Backward(
            MonotonicMap map,
            ImageShape shape,
            int passing,
            BufferView x,
            BufferView output,
            BufferView dy,
            BufferView dLogDet,
            BufferView dx,
            BufferView dOutput)
        {
            using Lock.Scope queue = backend._queue.EnterScope();
            long outputLength = map.OutputLength(shape, passing);
            if (map is RationalQuadraticSpline spline)
            {
                SplineKernels.Backward(
                    backend._stream,
                    GridOf(shape, spline),
                    backend.View(x, shape.Length),
                    backend.View(output, outputLength),
                    backend.View(dy, shape.Length),
                    backend.View(dLogDet, shape.Batch),
                    backend.View(dx, shape.Length),
                    backend.View(dOutput, outputLength),
                    shape.Length,
                    shape.Dims,
                    passing,
                    spline.Numbers);
            }
            else
            {
                AffineKernels.Backward(
                    backend._stream,
                    Cover(shape.Length, AffineKernels.BackwardKernel),
                    backend.View(x, shape.Length),
                    backend.View(output, outputLength),
                    backend.View(dy, shape.Length),
                    backend.View(dLogDet, shape.Batch),
                    backend.View(dx, shape.Length),
                    backend.View(dOutput, outputLength),
                    shape.Length,
                    shape.Dims,
                    passing,
                    ((MonotonicAffine)map).Numbers);
            }
        }

        private static LaunchGrid GridOf(ImageShape shape, RationalQuadraticSpline spline) =>
            new(Math.Max(1, Parts(shape.Length, SplineKernels.ValuesPerGroup(spline.ParametersLength))));
    }
}
