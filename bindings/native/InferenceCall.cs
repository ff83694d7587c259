using FlowEngine.Kernels.Gpu;
using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>One call of inference: its arrays, in host memory or CUDA device pointers, checked and run over.</summary>
/// <remarks>
/// Device pointers are read and written in place, in turn with the caller's stream: work is queued and the call returns;
/// the host waits for nothing.
/// </remarks>
internal sealed unsafe class InferenceCall
{
    private readonly CallSettings _settings;
    private readonly GpuBackend? _gpu;

    private InferenceCall(NativeModel model, CallOptions* call)
    {
        Model = model.Model;
        _settings = new CallSettings(call);
        _gpu = _settings.AreOnDevice ? Gpu(model.Device) : null;
        Inference = new InferenceRun(Model, _gpu is null ? new HostCallerMemory(Model.Backend) : new GpuCallerMemory(_gpu))
        {
            BatchSize = _settings.Batch,
            Condition = _settings.Condition,
            AreStandard = _settings.AreStandard,
            Progress = _settings.Progress,
        };
    }

    /// <summary>The model.</summary>
    public Model Model { get; }

    /// <summary>The run over all batches.</summary>
    public InferenceRun Inference { get; }

    /// <summary>Values of one image.</summary>
    public int Dims => Model.Flow.Dims;

    /// <summary>Runs an export of inference.</summary>
    /// <param name="model">The handle.</param>
    /// <param name="call">The options; null for the defaults.</param>
    /// <param name="prepare">Checks the arrays and says what to run on them.</param>
    /// <returns>The status.</returns>
    public static int Run(nint model, CallOptions* call, Func<InferenceCall, Action> prepare) => Guard.Run(() =>
    {
        using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
        InferenceCall checkedCall = new(lease.Target, call);
        Action work = prepare(checkedCall);
        if (checkedCall._gpu is GpuBackend gpu)
        {
            gpu.RunWithin(checkedCall._settings.Stream, work);
        }
        else
        {
            work();
        }
    });

    /// <summary>A run over arrays that the library made, by the batch and progress of a call.</summary>
    /// <param name="model">The model.</param>
    /// <param name="call">The options; null for the defaults.</param>
    /// <param name="condition">The conditions, (B, N), or (N) for one of all; empty where the model has none.</param>
    public static InferenceRun OfHost(Model model, CallOptions* call, CallerArray<float> condition)
    {
        CallSettings settings = CallSettings.OfHost(call);
        return new InferenceRun(model, new HostCallerMemory(model.Backend))
        {
            BatchSize = settings.Batch,
            Condition = condition,
            Progress = settings.Progress,
        };
    }

    /// <summary>The temperatures of samples.</summary>
    /// <param name="one">Of all levels, where the call has none of each.</param>
    public double[] Temperatures(double one) => _settings.Temperatures(one);

    /// <summary>Images or latents that are read; NULL stands for none.</summary>
    /// <exception cref="FlowException">They are no whole number of images.</exception>
    public CallerArray<T> Source<T>(T* array, nuint length, string name)
        where T : unmanaged
    {
        _ = Check.Images(array, length, Dims, name);
        return Array(array, length, name);
    }

    /// <summary>An array whose length follows from others.</summary>
    /// <param name="array">The array.</param>
    /// <param name="length">Its length as it was given.</param>
    /// <param name="count">Rows.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="width">Elements of a row.</param>
    /// <exception cref="FlowException">The length is another.</exception>
    public CallerArray<T> Exactly<T>(T* array, nuint length, long count, string name, int width = 1)
        where T : unmanaged
    {
        Check.Array(array, length, count, name, width);
        return Array(array, length, name);
    }

    /// <summary>The arrays of all levels.</summary>
    /// <param name="levels">By level.</param>
    /// <param name="lengths">By level.</param>
    /// <param name="levelCount">Levels as they were given.</param>
    /// <param name="count">Images.</param>
    /// <exception cref="FlowException">A length is another.</exception>
    public LatentArray[] Levels(float** levels, nuint* lengths, nuint levelCount, long count)
    {
        IReadOnlyList<int> dims = Model.Flow.LatentDims;
        if (levelCount != (nuint)dims.Count)
        {
            throw Check.Invalid($"level_count is {levelCount}, expected {dims.Count}");
        }

        Check.NotNull(levels, nameof(levels));
        Check.NotNull(lengths, "level_lengths");
        CallerArray<float>[] arrays = new CallerArray<float>[dims.Count];
        for (int l = 0; l < arrays.Length; l++)
        {
            arrays[l] = Exactly(levels[l], lengths[l], count, $"levels[{l}]", dims[l]);
        }

        return LatentArray.OfLevels(Model.Flow, arrays, count);
    }

    private CallerArray<T> Array<T>(T* array, nuint length, string name)
        where T : unmanaged =>
        _gpu is null || length == 0
            ? new CallerArray<T>(array, (long)length)
            : new CallerArray<T>(_gpu.Foreign<T>((nint)array, (long)length, name));

    private GpuBackend Gpu(SharedDevice device)
    {
        if (device.BackendNumber != DeviceBackend.Cuda || device.Ordinal != _settings.Device)
        {
            throw Check.Invalid(
                $"the arrays are said to be in the memory of cuda:{_settings.Device}, and the model runs on {device.Backend.Name}");
        }

        if (_settings.AreForHost || Model.Config.Options.Condition is not null)
        {
            throw new FlowException(
                FlowErrorKind.Unsupported,
                "conditions, standard latents and temperatures by level are for arrays in host memory");
        }

        return (GpuBackend)device.Backend;
    }
}
