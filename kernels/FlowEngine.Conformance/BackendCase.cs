using FlowEngine.Conformance.Operations;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Reference;

namespace FlowEngine.Conformance;

/// <summary>An operation of a backend that is compared with <see cref="ReferenceBackend{T}"/> in double.</summary>
public sealed class BackendCase
{
    private readonly Operation _operation;
    private readonly ImageShape _shape;

    internal BackendCase(string name, ImageShape shape, Operation operation)
    {
        Name = name;
        _shape = shape;
        _operation = operation;
    }

    /// <summary>The operation.</summary>
    public string Name { get; }

    /// <summary>The shape it is run on.</summary>
    public string Shape => $"{_shape.Batch}x{_shape.Height}x{_shape.Width}x{_shape.Channels}";

    /// <summary>
    /// The largest error allowed, as a share of an array's magnitude, from a reference that rounds factors as the backend.
    /// </summary>
    /// <remarks>
    /// Rounding to float32 alone gives about 1e-7. Where a factor lies that near to the middle of two numbers of its
    /// precision, backend and reference round it to different ones: it is then off by 2⁻¹⁰ or, in bf16, by 2⁻⁷ of itself.
    /// In a small network, of few factors, one such shows; in a large one all together are within a tenth of this.
    /// </remarks>
    /// <param name="precision">The precision of the backend's networks.</param>
    public static double ToleranceOf(NetworkPrecision precision) => precision switch
    {
        NetworkPrecision.Full => 1e-5,
        NetworkPrecision.TensorFloat32 => 6e-4,
        _ => 5e-3,
    };

    /// <summary>Runs it on a backend and on the reference.</summary>
    /// <param name="backend">The backend.</param>
    /// <returns>The largest error of its results; NaN if one is not finite or memory outside the views was written.</returns>
    public double Error(IBackend backend)
    {
        using ReferenceBackend<double> judge = new(backend.NetworkPrecision);
        Dictionary<string, double[]>? expected = Results(judge);
        Dictionary<string, double[]>? actual = Results(backend);
        if (expected is null || actual is null)
        {
            return double.NaN;
        }

        double worst = 0;
        foreach ((string name, double[] values) in expected)
        {
            double error = Agreement.Error(values, actual[name]);
            worst = double.IsNaN(error) || double.IsNaN(worst) ? double.NaN : Math.Max(worst, error);
        }

        return worst;
    }

    private Dictionary<string, double[]>? Results(IBackend backend)
    {
        using OperationBuffers buffers = new(backend, seed: 17, [.. Enumerable.Range(0, _shape.Batch)]);
        OperationOutputs outputs = _operation(buffers, _shape);
        Dictionary<string, double[]> results = outputs.Items.ToDictionary(
            item => item.Name, item => buffers.Read(item.View));
        return buffers.GuardsAreUntouched() ? results : null;
    }
}
