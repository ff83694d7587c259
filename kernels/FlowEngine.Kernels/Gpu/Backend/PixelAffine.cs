using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void PixelAffineAssemble(in PixelAffineParameters parameters, in PixelAffineMap map, bool inverse)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int n = parameters.Channels;
        ArgumentOutOfRangeException.ThrowIfNotEqual(map.Channels, n, nameof(map));
        PixelAffineKernels.Assemble(
            _stream,
            new LaunchGrid(1),
            ViewOrNothing(parameters.Bias, n),
            ViewOrNothing(parameters.LogScale, n),
            ViewOrNothing(parameters.Lower, (long)n * n),
            ViewOrNothing(parameters.Upper, (long)n * n),
            ViewOrNothing(parameters.LogDiagonal, n),
            ViewOrNothing(parameters.Sign, n),
            ViewOrNothing(parameters.Permutation, n),
            View(map.Storage, PixelAffineMap.LengthFor(n)),
            _wideScratch.OfLength(2L * n * n),
            AffineParts(parameters, inverse));
    }

    /// <inheritdoc/>
    public void PixelAffineAssembleBackward(
        in PixelAffineParameters parameters,
        int pixelsPerImage,
        BufferView dMatrix,
        BufferView dOffset,
        BufferView dLogDet,
        in PixelAffineParameters gradients)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int n = parameters.Channels;
        int batch = checked((int)dLogDet.Length);
        bool actNorm = !parameters.LogScale.IsEmpty;
        bool convolution = !parameters.Lower.IsEmpty;

        // What is absent is never written, but two parameters of a kernel may not name the same memory.
        GpuView<float> absent = _partials.OfLength(5);
        PixelAffineKernels.AssembleBackward(
            _stream,
            new LaunchGrid(1),
            ViewOrNothing(parameters.Bias, n),
            ViewOrNothing(parameters.LogScale, n),
            ViewOrNothing(parameters.Lower, (long)n * n),
            ViewOrNothing(parameters.Upper, (long)n * n),
            ViewOrNothing(parameters.LogDiagonal, n),
            ViewOrNothing(parameters.Sign, n),
            ViewOrNothing(parameters.Permutation, n),
            View(dMatrix, (long)n * n),
            View(dOffset, n),
            View(dLogDet, batch),
            actNorm ? View(gradients.Bias, n) : absent.Slice(0, 1),
            actNorm ? View(gradients.LogScale, n) : absent.Slice(1, 1),
            convolution ? View(gradients.Lower, (long)n * n) : absent.Slice(2, 1),
            convolution ? View(gradients.Upper, (long)n * n) : absent.Slice(3, 1),
            convolution ? View(gradients.LogDiagonal, n) : absent.Slice(4, 1),
            _wideScratch.OfLength(2L * n * n),
            AffineParts(parameters, inverse: false),
            batch,
            pixelsPerImage);
    }

    /// <inheritdoc/>
    public IRecording PixelAffineAssembleAll(IReadOnlyList<PixelAffineAssembly> assemblies, bool inverse) =>
        Many(assemblies, (maps, table) =>
        {
            using Lock.Scope queue = _queue.EnterScope();
            PixelAffineKernels.AssembleAll(
                _stream,
                new LaunchGrid(table.Count),
                maps.Weights,
                maps.Constants,
                table.Rows,
                maps.Maps,
                AssemblyScratch(table),
                new PixelAffineKernels.Parts(table.Channels, ActNorm: 1, Convolution: 1, inverse ? 1 : 0));
        });

    /// <inheritdoc/>
    public IRecording PixelAffineAssembleAllBackward(
        IReadOnlyList<PixelAffineAssembly> assemblies, BufferView dLogDet) =>
        Many(assemblies, (maps, table) =>
        {
            using Lock.Scope queue = _queue.EnterScope();
            PixelAffineKernels.AssembleAllBackward(
                _stream,
                new LaunchGrid(table.Count),
                maps.Weights,
                maps.Constants,
                table.Rows,
                maps.DMaps,
                View(dLogDet, dLogDet.Length),
                maps.Gradients,
                AssemblyScratch(table),
                new PixelAffineKernels.Parts(table.Channels, ActNorm: 1, Convolution: 1, Inverse: 0),
                checked((int)dLogDet.Length));
        });

    /// <inheritdoc/>
    public void PixelAffineForward(
        ImageShape shape,
        in PixelAffineMap map,
        BufferView x,
        BufferView y,
        BufferView logDet)
    {
        using Lock.Scope queue = _queue.EnterScope();
        Apply(shape, map.Matrix, map.Offset, x, y, shape.Channels, 1, xWidth: SqueezedWidth(shape, map));
        if (!logDet.IsEmpty)
        {
            SumKernels.AddToAll(
                _stream,
                Cover(shape.Batch, SumKernels.AddToAllKernel),
                View(map.LogDet, 1),
                View(logDet, shape.Batch),
                shape.PixelsPerImage,
                shape.Batch);
        }
    }

    /// <inheritdoc/>
    public void PixelAffineInverse(
        ImageShape shape, in PixelAffineMap map, BufferView y, BufferView x)
    {
        using Lock.Scope queue = _queue.EnterScope();
        Apply(
            shape,
            map.InverseMatrix,
            map.InverseOffset,
            y,
            x,
            shape.Channels,
            1,
            yWidth: SqueezedWidth(shape, map));
    }

    /// <inheritdoc/>
    public long PixelAffineWorkspaceLength(ImageShape shape) =>
        (long)Parts(shape.Pixels, PixelAffineKernels.PixelsPerPart) * shape.Channels * (shape.Channels + 1);

    /// <inheritdoc/>
    public void PixelAffineBackward(
        ImageShape shape,
        in PixelAffineMap map,
        BufferView x,
        BufferView dy,
        BufferView dx,
        BufferView dMatrix,
        BufferView dOffset,
        BufferView workspace)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int channels = shape.Channels;
        long square = (long)channels * channels;
        int parts = Parts(shape.Pixels, PixelAffineKernels.PixelsPerPart);
        GpuView<float> partials = View(workspace, PixelAffineWorkspaceLength(shape));

        // Where dv lies behind dM, both are summed in place.
        bool together = dMatrix.Buffer == dOffset.Buffer && dOffset.Offset == dMatrix.Offset + square;
        GpuView<float> sums = together
            ? View(dMatrix with { Length = square + channels }, square + channels)
            : _partials.OfLength(square + channels);

        // Before dx, which may overwrite dy.
        PixelAffineKernels.GradientOfParts(
            _stream,
            new LaunchGrid(parts),
            View(x, shape.Length),
            View(dy, shape.Length),
            partials,
            shape.Pixels,
            channels,
            SqueezedWidth(shape, map));
        AddParts(partials, sums, parts, accumulate: false);
        if (!together)
        {
            _stream.Copy(sums.Slice(0, square), View(dMatrix, square));
            _stream.Copy(sums.Slice(square, channels), View(dOffset, channels));
        }

        Apply(shape, map.Matrix, default, dy, dx, 1, channels, yWidth: SqueezedWidth(shape, map));
    }

    private AffineRecording Many(
        IReadOnlyList<PixelAffineAssembly> assemblies, Action<AffineMaps, AffineTable> launch)
    {
        using Lock.Scope queue = _queue.EnterScope();
        return new AffineRecording(_stream, view => View(view, view.Length), assemblies, launch);
    }

    private GpuView<double> AssemblyScratch(AffineTable table) =>
        _wideScratch.OfLength(2L * table.Count * table.Channels * table.Channels);

    private static PixelAffineKernels.Parts AffineParts(in PixelAffineParameters parameters, bool inverse) => new(
        parameters.Channels,
        parameters.LogScale.IsEmpty ? 0 : 1,
        parameters.Lower.IsEmpty ? 0 : 1,
        inverse ? 1 : 0);

    // What tells a kernel that an image is as it is before its squeeze; 0 if it is not.
    private static int SqueezedWidth(ImageShape shape, in PixelAffineMap map) =>
        map.Squeezes ? shape.BeforeSqueeze().Width / 2 : 0;

    // y = matrix x + offset with the matrix read by these strides; the offset may be empty.
    private void Apply(
        ImageShape shape,
        BufferView matrix,
        BufferView offset,
        BufferView x,
        BufferView y,
        int rowStride,
        int columnStride,
        int xWidth = 0,
        int yWidth = 0) =>
        PixelAffineKernels.Apply(
            _stream,
            new LaunchGrid(Parts(shape.Pixels, PixelAffineKernels.PixelsPerTile))
            {
                DynamicSharedBytes = PixelAffineKernels.PixelsPerTile * shape.Channels * sizeof(float),
            },
            View(matrix, (long)shape.Channels * shape.Channels),
            ViewOrNothing(offset, shape.Channels),
            View(x, shape.Length),
            View(y, shape.Length),
            shape.Pixels,
            shape.Channels,
            rowStride,
            columnStride,
            offset.IsEmpty ? 0 : 1,
            xWidth,
            yWidth);

    // sums (+)= the parts in order, each as long as the sums.
    private void AddParts(GpuView<float> partials, GpuView<float> sums, int parts, bool accumulate) =>
        SumKernels.AddParts(
            _stream,
            Cover(sums.Length, SumKernels.AddPartsKernel),
            partials.Slice(0, parts * sums.Length),
            sums,
            parts,
            sums.Length,
            accumulate ? 1 : 0);
}
