using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void PhiloxUniform(PhiloxKey key, ReadOnlySpan<uint> indices, int elements, BufferView destination)
    {
        using Lock.Scope queue = _queue.EnterScope();
        if (indices.Length > 0 && elements > 0)
        {
            PhiloxKernels.Uniform(
                _stream,
                Cover(Blocks(indices.Length, elements), PhiloxKernels.UniformKernel),
                Indices(indices),
                View(destination, (long)indices.Length * elements),
                KernelKey(key),
                indices.Length,
                elements);
        }
    }

    /// <inheritdoc/>
    public void PhiloxNormal(PhiloxKey key, ReadOnlySpan<uint> indices, int elements, BufferView destination)
    {
        using Lock.Scope queue = _queue.EnterScope();
        if (indices.Length > 0 && elements > 0)
        {
            PhiloxKernels.Normal(
                _stream,
                Cover(Blocks(indices.Length, elements), PhiloxKernels.NormalKernel),
                Indices(indices),
                View(destination, (long)indices.Length * elements),
                KernelKey(key),
                indices.Length,
                elements);
        }
    }

    /// <inheritdoc/>
    public void Dequantize(
        PhiloxKey key, ReadOnlySpan<byte> levels, ReadOnlySpan<uint> indices, int bins, BufferView x)
    {
        using Lock.Scope queue = _queue.EnterScope();
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, 256);
        if (levels.Length > 0)
        {
            int elements = levels.Length / indices.Length;
            PhiloxKernels.Dequantize(
                _stream,
                Cover(Blocks(indices.Length, elements), PhiloxKernels.DequantizeKernel),
                Upload(_levels, levels),
                Indices(indices),
                View(x, levels.Length),
                KernelKey(key),
                indices.Length,
                elements,
                (float)(1.0 / bins));
        }
    }

    /// <inheritdoc/>
    public StepInput CreateStepInput(int batch, int dims, int conditionLength = 0)
    {
        using Lock.Scope queue = _queue.EnterScope();
        return new GpuStepInput(this, _device, batch, dims, conditionLength);
    }

    /// <inheritdoc/>
    public void Dequantize(StepInput input, int bins, BufferView x)
    {
        using Lock.Scope queue = _queue.EnterScope();
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, 256);
        var own = (GpuStepInput)input;
        PhiloxKernels.DequantizeInput(
            _stream,
            Cover(Blocks(own.Batch, own.Dims), PhiloxKernels.DequantizeInputKernel),
            own.DeviceKey,
            own.DeviceLevels,
            own.DeviceIndices,
            View(x, (long)own.Batch * own.Dims),
            own.Batch,
            own.Dims,
            (float)(1.0 / bins));
    }

    /// <summary>Queues work that puts an input where operations read it.</summary>
    /// <param name="arrived">Set when the input is on the device.</param>
    /// <param name="from">Where it is then.</param>
    /// <param name="to">Where it goes.</param>
    /// <param name="taken">Set when it is there.</param>
    internal void Take(GpuEvent arrived, GpuView<uint> from, GpuView<uint> to, GpuEvent taken)
    {
        using Lock.Scope queue = _queue.EnterScope();
        _stream.Wait(arrived);
        _stream.Copy(from, to);
        _stream.Record(taken);
    }

    /// <summary>Waits for all work queued so far.</summary>
    public void Synchronize()
    {
        using Lock.Scope queue = _queue.EnterScope();
        _stream.Synchronize();
    }

    private static long Blocks(int items, int elements) => (long)items * ((elements + 3) / 4);

    private static PhiloxKernels.Key KernelKey(PhiloxKey key) =>
        new((uint)key.Seed, (uint)(key.Seed >> 32), key.Epoch, key.Purpose);

    // Indices that follow each other are counted on the device: no copy for the host to wait for.
    private GpuView<uint> Indices(ReadOnlySpan<uint> indices)
    {
        for (int i = 1; i < indices.Length; i++)
        {
            if (indices[i] != indices[0] + (uint)i)
            {
                return Upload(_indices, indices);
            }
        }

        return Indices(indices[0], indices.Length);
    }

    private GpuView<T> Upload<T>(GpuScratch<T> scratch, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        GpuView<T> view = scratch.OfLength(values.Length);
        _stream.CopyToDevice(values, view);
        return view;
    }
}
