namespace FlowEngine.Kernels;

/// <summary>
/// What the factors of a coupling network's products are rounded to. Sums are in float32 whatever they are, and so is
/// everything outside the networks: values, LogDet, densities, parameters.
/// </summary>
public enum NetworkPrecision
{
    /// <summary>The backend's own element type: nothing is rounded. On the command line, fp32.</summary>
    Full,

    /// <summary>10 bits after the leading one, tensor cores. On the command line, tf32.</summary>
    TensorFloat32,

    /// <summary>7 bits after the leading one, tensor cores. On the command line, bf16.</summary>
    BFloat16,
}
