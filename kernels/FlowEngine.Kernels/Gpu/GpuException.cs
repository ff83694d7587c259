namespace FlowEngine.Kernels.Gpu;

/// <summary>An error of a device, its driver or a kernel on it.</summary>
public sealed class GpuException : Exception
{
    /// <summary>An error.</summary>
    /// <param name="kind">What went wrong.</param>
    /// <param name="message">One line: what, where, what was expected; the driver's own text where it gave one.</param>
    /// <param name="code">The driver's number for it, 0 if it did not come from the driver.</param>
    public GpuException(GpuErrorKind kind, string message, int code = 0)
        : base(message)
    {
        Kind = kind;
        Code = code;
    }

    /// <summary>What went wrong.</summary>
    public GpuErrorKind Kind { get; }

    /// <summary>The driver's number for it, 0 if it did not come from the driver.</summary>
    public int Code { get; }
}
