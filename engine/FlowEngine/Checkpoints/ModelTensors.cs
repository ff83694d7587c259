using System.Runtime.InteropServices;

using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Checkpoints;

/// <summary>Moves the values of a model's parameters between flat buffers and the tensors of a file.</summary>
internal static class ModelTensors
{
    /// <summary>What stands before the names of raw weights in the file that a training run resumes from.</summary>
    public const string RawWeightsPrefix = "weights.";

    /// <summary>The tensors of a flat buffer.</summary>
    /// <param name="prefix">Put before each name.</param>
    /// <param name="flow">The parameters.</param>
    /// <param name="backend">The buffers' backend.</param>
    /// <param name="trained">The flat buffer of trained values.</param>
    /// <param name="constants">The flat buffer of constants; empty to leave them out.</param>
    public static IEnumerable<NamedTensor> Write(
        string prefix, Flow flow, IBackend backend, BufferView trained, BufferView constants)
    {
        foreach (Parameter parameter in flow.Parameters.All)
        {
            if (parameter.IsConstant && constants.IsEmpty)
            {
                continue;
            }

            double[] values = new double[parameter.Length];
            backend.Read(parameter.In(parameter.IsConstant ? constants : trained), values);
            string name = prefix + parameter.Name;
            values = parameter.ToFile(values);
            yield return IsIndex(parameter)
                ? new NamedTensor(name, Array.ConvertAll(values, value => (int)value), parameter.FileShape)
                : backend.ElementType == ElementType.Float64
                    ? new NamedTensor(name, values, parameter.FileShape)
                    : new NamedTensor(name, Array.ConvertAll(values, value => (float)value), parameter.FileShape);
        }
    }

    /// <summary>Fills flat buffers from a file.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="source">Its name, for messages.</param>
    /// <param name="prefix">What stands before each name.</param>
    /// <param name="flow">The parameters.</param>
    /// <param name="backend">The buffers' backend.</param>
    /// <param name="trained">Overwritten.</param>
    /// <param name="constants">Overwritten; empty to leave them out.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.BadFormat"/>: a tensor is missing or has another shape,
    /// or holds values no such parameter has.</exception>
    public static void Read(
        CheckpointFile checkpoint,
        string source,
        string prefix,
        Flow flow,
        IBackend backend,
        BufferView trained,
        BufferView constants)
    {
        foreach (Parameter parameter in flow.Parameters.All)
        {
            if (parameter.IsConstant && constants.IsEmpty)
            {
                continue;
            }

            NamedTensor tensor = Find(checkpoint, source, prefix, parameter);
            double[] values = IsIndex(parameter) && tensor.Type == TensorType.I32
                ? [.. MemoryMarshal.Cast<byte, int>(tensor.Bytes).ToArray().Select(value => (double)value)]
                : tensor.ToDoubles();
            if (Fault(parameter, values) is string fault)
            {
                throw Bad(source, $"{tensor.Name} {fault}");
            }

            backend.Write(parameter.FromFile(values), parameter.In(parameter.IsConstant ? constants : trained));
        }
    }

    /// <summary>Checks that a file has every tensor of a flow, of the right shape.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="source">Its name, for messages.</param>
    /// <param name="prefix">What stands before each name.</param>
    /// <param name="flow">The parameters.</param>
    /// <param name="constants">False if the file holds only trained values.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.BadFormat"/>: one is missing or has another shape.</exception>
    public static void Verify(
        CheckpointFile checkpoint, string source, string prefix, Flow flow, bool constants = true)
    {
        foreach (Parameter parameter in flow.Parameters.All.Where(parameter => constants || !parameter.IsConstant))
        {
            Find(checkpoint, source, prefix, parameter);
        }
    }

    /// <summary>The tensor of a parameter in a file.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="source">Its name, for messages.</param>
    /// <param name="prefix">What stands before each name.</param>
    /// <param name="parameter">The parameter.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.BadFormat"/>: it is missing or has another shape.</exception>
    public static NamedTensor Find(CheckpointFile checkpoint, string source, string prefix, Parameter parameter)
    {
        string name = prefix + parameter.Name;
        if (!checkpoint.Tensors.TryGetValue(name, out NamedTensor? tensor))
        {
            throw Bad(source, $"the tensor {name} is missing");
        }

        return tensor.Shape.SequenceEqual(parameter.FileShape)
            ? tensor
            : throw Bad(source, $"{tensor} was found, expected the shape ({string.Join(", ", parameter.FileShape)})");
    }

    /// <summary>What keeps values from being those of a parameter; null if nothing does.</summary>
    /// <param name="parameter">The parameter.</param>
    /// <param name="values">Its values; the order of a permutation's matters only to its fault.</param>
    public static string? Fault(Parameter parameter, double[] values)
    {
        if (Array.FindIndex(values, value => !double.IsFinite(value)) is int bad and >= 0)
        {
            return $"holds {values[bad]} at element {bad}";
        }

        if (IsIndex(parameter) && !values.Order().SequenceEqual(Enumerable.Range(0, values.Length).Select(i => (double)i)))
        {
            return "is not a permutation";
        }

        return parameter.Name.EndsWith(".sign", StringComparison.Ordinal) && values.Any(value => Math.Abs(value) != 1)
            ? "holds values other than 1 and -1"
            : null;
    }

    private static bool IsIndex(Parameter parameter) => parameter.Name.EndsWith(".permutation", StringComparison.Ordinal);

    private static FlowException Bad(string source, string message) => new(FlowErrorKind.BadFormat, $"{source}: {message}");
}
