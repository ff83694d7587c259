namespace FlowEngine.Kernels;

/// <summary>The type of the numbers in a <see cref="DeviceBuffer"/>.</summary>
public enum ElementType
{
    /// <summary>IEEE binary32, 4 bytes.</summary>
    Float32,

    /// <summary>IEEE binary64, 8 bytes.</summary>
    Float64,
}
