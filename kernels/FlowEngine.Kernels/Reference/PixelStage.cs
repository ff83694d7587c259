namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void PixelStageForward(
        CouplingKind kind,
        PixelNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView taps,
        BufferView x,
        in PixelAffineMap next,
        BufferView output,
        BufferView coupled,
        BufferView y,
        BufferView logDet)
    {
        using DeviceBuffer result = Allocate((long)shape.Pixels * network.OutputChannels);
        PixelNetworkTapAdd(network, shape, prepared, taps, result.View);
        CouplingForward(kind, shape, x, result.View, y, logDet);
        if (!output.IsEmpty)
        {
            Copy(result.View, output.Slice(0, result.Length));
        }

        if (!coupled.IsEmpty)
        {
            Copy(y.Slice(0, shape.Length), coupled.Slice(0, shape.Length));
        }

        if (!next.IsEmpty)
        {
            PixelAffineForward(shape, next, y, y, logDet);
        }
    }

    /// <inheritdoc/>
    public void PixelStageInverse(
        CouplingKind kind,
        PixelNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView taps,
        BufferView y,
        in PixelAffineMap map,
        BufferView x,
        bool squeeze = false)
    {
        using DeviceBuffer output = Allocate((long)shape.Pixels * network.OutputChannels);
        PixelNetworkTapAdd(network, shape, prepared, taps, output.View);
        UndoStep(kind, shape, y, output.View, map, x, squeeze);
    }

    /// <inheritdoc/>
    public void PixelStageBackward(
        CouplingKind kind,
        PixelNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView taps,
        BufferView y,
        in PixelAffineMap map,
        BufferView dy,
        BufferView dLogDet,
        BufferView x,
        BufferView dx,
        BufferView dOutput,
        bool squeeze = false)
    {
        using DeviceBuffer output = Allocate((long)shape.Pixels * network.OutputChannels);
        PixelNetworkTapAdd(network, shape, prepared, taps, output.View);
        CouplingBackward(kind, shape, y, output.View, dy, dLogDet, dx, dOutput);
        UndoStep(kind, shape, y, output.View, map, x, squeeze);
    }

    private void UndoStep(
        CouplingKind kind,
        ImageShape shape,
        BufferView y,
        BufferView output,
        in PixelAffineMap map,
        BufferView x,
        bool squeeze)
    {
        using DeviceBuffer uncoupled = Allocate(shape.Length);
        CouplingInverse(kind, shape, y, output, uncoupled.View);
        PixelAffineInverse(shape, map, uncoupled.View, x, squeeze);
    }
}
