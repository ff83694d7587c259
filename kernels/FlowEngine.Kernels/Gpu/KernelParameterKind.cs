namespace FlowEngine.Kernels.Gpu;

/// <summary>What a parameter of a kernel is.</summary>
public enum KernelParameterKind
{
    /// <summary>Device memory that is only read.</summary>
    ReadOnlyView,

    /// <summary>Device memory that is read and written.</summary>
    View,

    /// <summary>A number or a struct of numbers.</summary>
    Value,
}
