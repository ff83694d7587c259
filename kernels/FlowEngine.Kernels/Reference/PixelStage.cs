namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    private sealed class PixelStage(ReferenceBackend<T> backend, PixelNetwork network, CouplingKind kind) : IPixelStage
    {
        public void Forward(
            ImageShape shape,
            in NetworkWeights weights,
            BufferView taps,
            BufferView x,
            in PixelAffineMap next,
            BufferView output,
            BufferView coupled,
            BufferView y,
            BufferView logDet)
        {
            using DeviceBuffer result = backend.Allocate((long)shape.Pixels * network.Shape.OutputChannels);
            network.AddTaps(shape, weights, taps, result.View);
            backend.CouplingForward(kind, shape, x, result.View, y, logDet);
            if (!output.IsEmpty)
            {
                backend.Copy(result.View, output.Slice(0, result.Length));
            }

            if (!coupled.IsEmpty)
            {
                backend.Copy(y.Slice(0, shape.Length), coupled.Slice(0, shape.Length));
            }

            if (!next.IsEmpty)
            {
                backend.PixelAffine.Forward(shape, next, y, y, logDet);
            }
        }

        public void Inverse(
            ImageShape shape,
            in NetworkWeights weights,
            BufferView taps,
            BufferView y,
            in PixelAffineMap map,
            BufferView x)
        {
            using DeviceBuffer output = backend.Allocate((long)shape.Pixels * network.Shape.OutputChannels);
            network.AddTaps(shape, weights, taps, output.View);
            UndoStep(shape, y, output.View, map, x);
        }

        public void Backward(
            ImageShape shape,
            in NetworkWeights weights,
            BufferView taps,
            BufferView y,
            in PixelAffineMap map,
            BufferView dy,
            BufferView dLogDet,
            BufferView x,
            BufferView dx,
            BufferView dOutput)
        {
            using DeviceBuffer output = backend.Allocate((long)shape.Pixels * network.Shape.OutputChannels);
            network.AddTaps(shape, weights, taps, output.View);
            backend.CouplingBackward(kind, shape, y, output.View, dy, dLogDet, dx, dOutput);
            UndoStep(shape, y, output.View, map, x);
        }

        private void UndoStep(
            ImageShape shape, BufferView y, BufferView output, in PixelAffineMap map, BufferView x)
        {
            using DeviceBuffer uncoupled = backend.Allocate(shape.Length);
            backend.CouplingInverse(kind, shape, y, output, uncoupled.View);
            backend.PixelAffine.Inverse(shape, map, uncoupled.View, x);
        }
    }
}
