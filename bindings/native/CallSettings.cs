using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>The options of one call, checked; zeros without them.</summary>
internal readonly unsafe struct CallSettings
{
    private const int DefaultBatch = 64;
    private const int LargestBatch = 1 << 16;

    private readonly CallOptions _call;

    /// <summary>Checks a call's options.</summary>
    /// <param name="call">The options; null for the defaults.</param>
    /// <exception cref="FlowException">An option is out of range.</exception>
    public CallSettings(CallOptions* call)
    {
        if (call is null)
        {
            return;
        }

        // The size is that of an older header or of this one; anything between would cut a pointer in two.
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
            throw Check.Invalid($"call.batch is {_call.Batch}, expected 1 to {LargestBatch}, or 0 for {DefaultBatch}");
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

    /// <summary>Images computed at once.</summary>
    public int Batch => _call.Batch == 0 ? DefaultBatch : _call.Batch;

    /// <summary>Whether latents are as their priors have them.</summary>
    public bool AreStandard => _call.Standard != 0;

    /// <summary>The condition of the call, of all images.</summary>
    public CallerArray<float> Condition => new(_call.Condition, (long)_call.ConditionLength);

    /// <summary>Whether the call asks for what only functions on host memory do.</summary>
    public bool AreForHost => AreStandard || _call.TemperatureCount > 0 || _call.ConditionLength > 0;

    /// <summary>The temperatures of samples: those of the levels where the call has such.</summary>
    /// <param name="one">That of all levels else.</param>
    public double[] Temperatures(double one) => _call.TemperatureCount == 0
        ? [one]
        : new ReadOnlySpan<double>(_call.Temperatures, _call.TemperatureCount).ToArray();

    /// <summary>Whether the arrays of the call are CUDA device pointers.</summary>
    public bool AreOnDevice => _call.Memory != 0;

    /// <summary>The CUDA ordinal that the arrays are said to be on.</summary>
    public int Device => _call.Device;

    /// <summary>The CUDA stream that the arrays are ready on.</summary>
    public nint Stream => (nint)_call.Stream;

    /// <summary>Checks the options of a call that takes no arrays in device memory.</summary>
    /// <param name="call">The options; null for the defaults.</param>
    /// <exception cref="FlowException">An option is out of range, or the arrays are in memory of a GPU.</exception>
    public static CallSettings OfHost(CallOptions* call)
    {
        CallSettings settings = new(call);
        return settings.AreOnDevice
            ? throw Check.Invalid("call.memory is FLOW_MEMORY_CUDA, and this function takes only arrays in host memory")
            : settings;
    }

    /// <summary>
    /// Tells the caller how far the call is, with <see cref="FlowErrorKind.Cancelled"/> where the callback says so; null for
    /// nobody.
    /// </summary>
    public Action<long, long>? Progress => _call.Progress is null ? null : Tell;

    private void Tell(long done, long count)
    {
        if (_call.Progress(done, count, _call.User) != 0)
        {
            throw new FlowException(
                FlowErrorKind.Cancelled, $"the callback stopped the call after {done} of {count} images");
        }
    }
}
