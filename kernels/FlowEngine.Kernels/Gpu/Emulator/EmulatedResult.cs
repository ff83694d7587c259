namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>Carries the value of a device function that waits: an iterator cannot return one.</summary>
/// <typeparam name="T">The value.</typeparam>
public sealed class EmulatedResult<T>
{
    /// <summary>The value, once the function has ended.</summary>
    public T Value { get; set; } = default!;
}
