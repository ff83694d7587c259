namespace FlowEngine.Onnx;

/// <summary>What an ONNX file computes of a model.</summary>
public enum OnnxFunction
{
    /// <summary>Data to their log densities.</summary>
    LogProb,

    /// <summary>Data to latents, and to the logarithm of the determinant.</summary>
    Forward,

    /// <summary>Latents to data.</summary>
    Inverse,

    /// <summary>Standard noise to samples.</summary>
    Sample,
}
