using FlowEngine.Kernels.Gpu;
using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>A call whose arrays are CUDA device pointers: read and written in place, in turn with the caller's stream.</summary>
/// <remarks>Work is queued and the call returns; the host waits for nothing.</remarks>
internal sealed unsafe class DeviceArrays
{
    private readonly Batches _batches;
    private readonly GpuBackend _gpu;
    private readonly DeviceInference _inference;

    /// <summary>Checks that the arrays of a call are where its model is.</summary>
    /// <exception cref="FlowException">The model is elsewhere.</exception>
    public DeviceArrays(NativeModel model, in Batches batches)
    {
        SharedDevice device = model.Device;
        if (device.BackendNumber != DeviceBackend.Cuda || device.Ordinal != batches.Device)
        {
            throw Check.Invalid(
                $"the arrays are said to be in the memory of cuda:{batches.Device}, and the model runs on {device.Backend.Name}");
        }

        if (batches.AreForHost || model.Model.Config.Options.Condition is not null)
        {
            throw new FlowException(
                FlowErrorKind.Unsupported,
                "conditions, standard latents and temperatures by level are for arrays in host memory");
        }

        _batches = batches;
        _gpu = (GpuBackend)device.Backend;
        _inference = new DeviceInference(model.Model);
    }

    /// <summary>Computes a batch from one array to another.</summary>
    /// <param name="inference">The model.</param>
    /// <param name="first">The index of its first image.</param>
    /// <param name="source">The batch's part of the source.</param>
    /// <param name="target">The batch's part of the target.</param>
    public delegate void MapBody<TSource, TTarget>(
        DeviceInference inference, long first, GpuView<TSource> source, GpuView<TTarget> target)
        where TSource : unmanaged
        where TTarget : unmanaged;

    /// <summary>Computes a batch of what has no source.</summary>
    /// <param name="inference">The model.</param>
    /// <param name="first">The index of its first image.</param>
    /// <param name="target">The batch's part of the target.</param>
    public delegate void FillBody<TTarget>(DeviceInference inference, long first, GpuView<TTarget> target)
        where TTarget : unmanaged;

    /// <summary>Computes a batch between an array and the arrays of all levels.</summary>
    /// <param name="inference">The model.</param>
    /// <param name="images">The batch's part of the images.</param>
    /// <param name="levels">The batch's part of each level.</param>
    public delegate void LevelsBody(
        DeviceInference inference, GpuView<float> images, IReadOnlyList<GpuView<float>> levels);

    /// <summary>Runs all batches from one array to another.</summary>
    public void Map<TSource, TTarget>(
        TSource* source,
        nuint sourceLength,
        string sourceName,
        TTarget* target,
        nuint targetLength,
        string targetName,
        MapBody<TSource, TTarget> body)
        where TSource : unmanaged
        where TTarget : unmanaged
    {
        Rows<TSource> from = View(source, sourceLength, sourceName);
        Rows<TTarget> to = View(target, targetLength, targetName);
        Run((first, batch) => body(_inference, first, from.Part(first, batch), to.Part(first, batch)));
    }

    /// <summary>Runs all batches into an array.</summary>
    public void Fill<TTarget>(TTarget* target, nuint length, string name, FillBody<TTarget> body)
        where TTarget : unmanaged
    {
        Rows<TTarget> to = View(target, length, name);
        Run((first, batch) => body(_inference, first, to.Part(first, batch)));
    }

    /// <summary>Runs all batches between images and levels.</summary>
    public void MapLevels(float* images, nuint length, float** levels, nuint* levelLengths, int count, LevelsBody body)
    {
        Rows<float> rows = View(images, length, nameof(images));
        Rows<float>[] parts = new Rows<float>[count];
        for (int l = 0; l < count; l++)
        {
            parts[l] = View(levels[l], levelLengths[l], $"levels[{l}]");
        }

        Run((first, batch) => body(
            _inference, rows.Part(first, batch), [.. parts.Select(part => part.Part(first, batch))]));
    }

    private void Run(Batches.Body body)
    {
        if (_batches.Count > 0)
        {
            _gpu.RunWithin(_batches.Stream, () => _batches.Run(body));
        }
    }

    private Rows<T> View<T>(T* pointer, nuint length, string name)
        where T : unmanaged =>
        length == 0
            ? default
            : new Rows<T>(_gpu.Foreign<T>((nint)pointer, (long)length, name), (long)length / _batches.Count);

    // An array and what one image has of it.
    private readonly record struct Rows<T>(GpuView<T> View, long Width)
        where T : unmanaged
    {
        public GpuView<T> Part(long first, int count) => View.Slice(first * Width, count * Width);
    }
}
