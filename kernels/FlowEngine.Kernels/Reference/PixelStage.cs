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
        BufferView x)
    {
        using DeviceBuffer output = Allocate((long)shape.Pixels * network.OutputChannels);
        PixelNetworkTapAdd(network, shape, prepared, taps, output.View);
        CouplingInverse(kind, shape, y, output.View, x);
        PixelAffineInverse(shape, map, x, x);
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
        BufferView dOutput)
    {
        using DeviceBuffer output = Allocate((long)shape.Pixels * network.OutputChannels);
        PixelNetworkTapAdd(network, shape, prepared, taps, output.View);
        CouplingBackward(kind, shape, y, output.View, dy, dLogDet, dx, dOutput);
        CouplingInverse(kind, shape, y, output.View, x);
        PixelAffineInverse(shape, map, x, x);
    }
}
