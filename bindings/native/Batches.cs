using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>One call of many images, cut into batches, with progress told after each.</summary>
internal readonly unsafe struct Batches
{
    private const int DefaultBatch = 64;
    private const int LargestBatch = 1 << 16;

    private readonly CallOptions _call;
    private readonly long _count;
    private readonly int _batch;

    /// <summary>Checks a call's options.</summary>
    /// <param name="call">The options; null for the defaults.</param>
    /// <param name="count">Images.</param>
    /// <param name="dims">Values of one.</param>
    /// <exception cref="FlowException">An option is out of range.</exception>
    public Batches(CallOptions* call, long count, long dims)
    {
        if (call is not null)
        {
            // Of one header or the other: not half a pointer.
            if (call->StructSize != CallOptions.FirstSize)
            {
                Check.Struct(call, sizeof(CallOptions), "call");
            }

            _call = Check.Options<CallOptions>(call, CallOptions.FirstSize, "call");
            Check.Choice("call.memory", _call.Memory, 2);
            if (_call.Memory == 0 && _call.Stream is not null)
            {
                throw Check.Invalid("call.stream is for arrays in CUDA memory, and call.memory says host");
            }

            if (_call.Batch is < 0 or > LargestBatch)
            {
                throw Check.Invalid(
                    $"call.batch is {_call.Batch}, expected 1 to {LargestBatch}, or 0 for {DefaultBatch}");
            }

            Check.Choice("call.standard", _call.Standard, 2);
            if (_call.TemperatureCount < 0 || (_call.TemperatureCount > 0 && _call.Temperatures is null))
            {
                throw Check.Invalid(
                    $"call.temperature_count is {_call.TemperatureCount}, expected 0, or the levels of call.temperatures");
            }

            if (_call.ConditionLength > int.MaxValue || (_call.ConditionLength > 0 && _call.Condition is null))
            {
                throw Check.Invalid(
                    $"call.condition_length is {_call.ConditionLength}, expected that of the array call.condition");
            }
        }

        _count = count;
        _batch = (int)Math.Min(_call.Batch == 0 ? DefaultBatch : _call.Batch, Math.Max(1, int.MaxValue / dims));
    }

    /// <summary>Images.</summary>
    public long Count => _count;

    /// <summary>Whether latents are as their priors have them.</summary>
    public bool AreStandard => _call.Standard != 0;

    /// <summary>The condition of the call, of all images.</summary>
    public ReadOnlySpan<float> Condition => new(_call.Condition, (int)_call.ConditionLength);

    /// <summary>Whether the call asks for what only functions on host memory do.</summary>
    public bool AreForHost => AreStandard || _call.TemperatureCount > 0 || _call.ConditionLength > 0;

    /// <summary>The temperatures of samples: those of the levels where the call has such.</summary>
    /// <param name="one">That of all levels else.</param>
    public double[] Temperatures(double one) => _call.TemperatureCount == 0
        ? [one]
        : new ReadOnlySpan<double>(_call.Temperatures, _call.TemperatureCount).ToArray();

    /// <summary>The condition of a batch, or one for all of it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="first">The index of the first image.</param>
    /// <param name="count">The images.</param>
    /// <exception cref="FlowException">The condition is not one of all images, and not one for all.</exception>
    public ReadOnlySpan<float> ConditionOf(Model model, long first, int count)
    {
        int length = model.Flow.ConditionLength;
        ReadOnlySpan<float> all = Condition;
        if (length == 0 || all.Length == 0 || all.Length == length)
        {
            return all;
        }

        return all.Length == _count * length
            ? all.Slice((int)first * length, count * length)
            : throw Check.Invalid(
                $"call.condition_length is {all.Length}, expected {length} for all images or {_count * length}");
    }

    /// <summary>Whether the arrays of the call are CUDA device pointers.</summary>
    public bool AreOnDevice => _call.Memory != 0;

    /// <summary>The CUDA ordinal that the arrays are said to be on.</summary>
    public int Device => _call.Device;

    /// <summary>The CUDA stream that the arrays are ready on.</summary>
    public nint Stream => (nint)_call.Stream;

    /// <summary>Checks the options of a call that takes arrays in host memory alone, all at once.</summary>
    /// <param name="call">The options; null for the defaults.</param>
    /// <exception cref="FlowException">An option is out of range, or the arrays are in memory of a GPU.</exception>
    public static Batches RequireHost(CallOptions* call)
    {
        Batches batches = new(call, 0, 1);
        return batches.AreOnDevice
            ? throw Check.Invalid("call.memory is FLOW_MEMORY_CUDA, and this function takes arrays in host memory alone")
            : batches;
    }

    /// <summary>Computes a batch.</summary>
    /// <param name="first">The index of its first image.</param>
    /// <param name="count">Its images.</param>
    public delegate void Body(long first, int count);

    /// <summary>Runs all batches.</summary>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Cancelled"/>: the callback said so.</exception>
    public void Run(Body body)
    {
        for (long first = 0; first < _count; first += _batch)
        {
            int count = (int)Math.Min(_batch, _count - first);
            body(first, count);
            if (_call.Progress is not null && _call.Progress(first + count, _count, _call.User) != 0)
            {
                throw new FlowException(
                    FlowErrorKind.Cancelled, $"the callback stopped the call after {first + count} of {_count} images");
            }
        }
    }
}
