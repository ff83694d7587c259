using FlowEngine.Checkpoints;

namespace FlowEngine.Anomalies;

/// <summary>The tensors of a detector's checkpoint, with their sizes and values checked.</summary>
/// <param name="tensors">By name.</param>
internal sealed class DetectorTensors(IReadOnlyDictionary<string, NamedTensor> tensors)
{
    /// <summary>A tensor that must be there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its shape; -1 for a length of 1 or more.</param>
    /// <exception cref="FormatException">It is missing, of another shape or type, or not finite.</exception>
    public double[] Get(string name, params ReadOnlySpan<long> shape) =>
        Find(name, shape) ?? throw new FormatException($"there is no tensor {name}");

    /// <summary>A tensor that may be there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">As for <see cref="Get"/>.</param>
    /// <exception cref="FormatException">It is of another shape or type, or not finite.</exception>
    public double[]? Find(string name, params ReadOnlySpan<long> shape)
    {
        if (!tensors.TryGetValue(name, out NamedTensor? tensor))
        {
            return null;
        }

        bool fits = tensor.Type == TensorType.F64 && tensor.Shape.Length == shape.Length && tensor.Length > 0;
        for (int i = 0; fits && i < shape.Length; i++)
        {
            fits = shape[i] < 0 || tensor.Shape[i] == shape[i];
        }

        double[] values = fits ? tensor.AsSpan<double>().ToArray() : throw new FormatException($"tensor {name} is of another shape");
        return Array.TrueForAll(values, double.IsFinite) ? values : throw new FormatException($"tensor {name} is not finite");
    }
}
