using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

// What is done with arrays of a caller that lie on the device. Nothing here goes through the host or waits for the device.
public sealed partial class GpuBackend
{
    /// <summary>A view of float32 that others own, for every operation that takes one.</summary>
    /// <param name="elements">On this backend's device; it outlives the work that is queued on it.</param>
    public BufferView Borrow(GpuView<float> elements) => new GpuDeviceBuffer(_device, elements).View;

    /// <summary>An array that another library made in this process, in the context of this backend's CUDA device.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="pointer">The device pointer.</param>
    /// <param name="length">Elements; all of them must lie in memory of this device.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="GpuException">BadHandle: the backend is not on a CUDA device, or this is no array there.</exception>
    public GpuView<T> Foreign<T>(nint pointer, long length, string name)
        where T : unmanaged => _device.Foreign<T>(pointer, length, name);

    /// <summary>Queues work between two points of a stream of another library, without waiting for either.</summary>
    /// <remarks>
    /// The work waits for what is queued on the stream before, and what is queued on the stream after waits for the work.
    /// </remarks>
    /// <param name="stream">A CUDA stream of the device; 0 for the legacy default stream.</param>
    /// <param name="work">Calls of this backend.</param>
    /// <exception cref="GpuException">BadHandle: the backend is not on a CUDA device, or the stream captures.</exception>
    public void RunWithin(nint stream, Action work)
    {
        Queue(() => _stream.WaitFor(stream));
        try
        {
            work();
        }
        finally
        {
            // Where the work failed half way, what is queued of it still uses the caller's arrays.
            Queue(() => _stream.HoldUp(stream));
        }
    }

    /// <summary>logProb = logPrior + logDet, in float64.</summary>
    /// <param name="logPrior">(B).</param>
    /// <param name="logDet">(B).</param>
    /// <param name="logProb">(B), overwritten.</param>
    public void LogProb(BufferView logPrior, BufferView logDet, GpuView<double> logProb)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int length = checked((int)logProb.Length);
        CallerArrayKernels.LogProb(
            _stream,
            Cover(length, CallerArrayKernels.LogProbKernel),
            View(logPrior, length),
            View(logDet, length),
            logProb,
            length);
    }

    /// <summary>bits = (wholeRange - logPrior - logDet) / wholeBit, in float64.</summary>
    /// <param name="logPrior">(B).</param>
    /// <param name="logDet">(B).</param>
    /// <param name="wholeRange">D ln bins.</param>
    /// <param name="wholeBit">D ln 2.</param>
    /// <param name="bits">(B), overwritten.</param>
    public void BitsPerDim(
        BufferView logPrior, BufferView logDet, double wholeRange, double wholeBit, GpuView<double> bits)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int length = checked((int)bits.Length);
        CallerArrayKernels.BitsPerDim(
            _stream,
            Cover(length, CallerArrayKernels.BitsPerDimKernel),
            View(logPrior, length),
            View(logDet, length),
            bits,
            wholeRange,
            wholeBit,
            length);
    }

    /// <summary>
    /// The dequantization of levels on the device; a level that is not below bins gives NaN, since an error
    /// would have to wait for the device.
    /// </summary>
    /// <param name="key">The stream of the noise.</param>
    /// <param name="levels">(items, elements).</param>
    /// <param name="firstIndex">The index of the first item; the others follow.</param>
    /// <param name="items">Images.</param>
    /// <param name="bins">Grey levels.</param>
    /// <param name="x">(items, elements), overwritten.</param>
    public void Dequantize(PhiloxKey key, GpuView<byte> levels, uint firstIndex, int items, int bins, BufferView x)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int elements = checked((int)(levels.Length / items));
        GpuView<float> scaled = View(x, levels.Length);
        PhiloxKernels.Dequantize(
            _stream,
            Cover(Blocks(items, elements), PhiloxKernels.DequantizeKernel),
            levels,
            Indices(firstIndex, items),
            scaled,
            KernelKey(key),
            items,
            elements,
            (float)(1.0 / bins));
        if (bins <= byte.MaxValue)
        {
            CallerArrayKernels.MarkBadLevels(
                _stream,
                Cover(levels.Length, CallerArrayKernels.MarkBadLevelsKernel),
                levels,
                scaled,
                bins,
                levels.Length);
        }
    }

    /// <summary>Scaled values to grey levels, clamped to the range of the data; NaN becomes 0.</summary>
    /// <param name="x">Scaled to [-0.5, 0.5).</param>
    /// <param name="bins">Grey levels.</param>
    /// <param name="levels">As long as <paramref name="x"/>, overwritten.</param>
    public void Quantize(BufferView x, int bins, GpuView<byte> levels)
    {
        using Lock.Scope queue = _queue.EnterScope();
        CallerArrayKernels.Quantize(
            _stream,
            Cover(levels.Length, CallerArrayKernels.QuantizeKernel),
            View(x, levels.Length),
            levels,
            bins,
            levels.Length);
    }

    /// <summary>Of each image the largest |left - right|, in float64; NaN where one is.</summary>
    /// <param name="left">(B, D).</param>
    /// <param name="right">(B, D).</param>
    /// <param name="largest">(B), overwritten.</param>
    public void LargestDifference(BufferView left, BufferView right, GpuView<double> largest)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int images = checked((int)largest.Length);
        CallerArrayKernels.LargestDifference(
            _stream,
            new LaunchGrid(images),
            View(left, left.Length),
            View(right, left.Length),
            largest,
            checked((int)(left.Length / images)));
    }

    private GpuView<uint> Indices(uint first, int count)
    {
        GpuView<uint> indices = _indices.OfLength(count);
        CallerArrayKernels.Count(_stream, Cover(count, CallerArrayKernels.CountKernel), indices, first, count);
        return indices;
    }

    private void Queue(Action work)
    {
        using Lock.Scope queue = _queue.EnterScope();
        work();
    }
}
