using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;
using FlowEngine.Onnx;
using FlowEngine.Tests.Models;

namespace FlowEngine.Tests.Onnx;

/// <summary>An ONNX file of a model, what to give it, and what the engine gives for the same.</summary>
internal sealed record OnnxCase(
    string Name, byte[] File, OnnxSignature Signature, float[][] Inputs, double[][] Expected)
{
    public const double Tolerance = 1e-5;

    /// <summary>
    /// Whether an error is one of the largest value in its row, not of the value: columns of other units are computed from the same
    /// float32 numbers.
    /// </summary>
    public bool ByRow { get; init; }

    /// <summary>A case for each function of a model, on whose backend the expected values are computed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="model">The model.</param>
    /// <param name="data">Images as the model takes them, or rows in the units of its table.</param>
    /// <param name="condition">One-hot rows, or values in the units of the table; empty for none.</param>
    public static IEnumerable<OnnxCase> Of(string name, Model model, float[] data, float[] condition)
    {
        TableSchema? schema = model.Config.Data as TableSchema;
        ScaledTable? rows = schema?.Scaling.Apply(Table(schema.Columns, data));
        (float[] seen, double[] scalingLogDet) = (rows?.Values ?? data, rows?.LogDet ?? new double[data.Length / model.Flow.Dims]);
        float[] seenCondition = schema?.Condition?.Apply(Table(schema.ConditionColumns, condition)).Values ?? condition;
        float[][] latents = model.Forward(seen, seenCondition);
        foreach (OnnxFunction function in Enum.GetValues<OnnxFunction>())
        {
            using MemoryStream file = new();
            OnnxSignature signature = OnnxExport.Write(model, function, file);
            float[][] inputs = function is OnnxFunction.LogProb or OnnxFunction.Forward ? [data]
                : function == OnnxFunction.Inverse ? latents
                : [.. latents.Select((latent, level) => Draws.Normal(latent.Length, seed: (ulong)level + 7))];
            double[][] expected = function switch
            {
                OnnxFunction.LogProb => [Sum(model.LogProb(seen, seenCondition), scalingLogDet)],
                OnnxFunction.Forward =>
                    [.. latents.Select(Widen), Sum(LogDet(model, seen, seenCondition), scalingLogDet)],
                OnnxFunction.Inverse => [Restored(model.Inverse(inputs, seenCondition))],
                _ => [Restored(model.Destandardize(inputs, seenCondition))],
            };
            yield return new OnnxCase(
                $"{name} {function}",
                file.ToArray(),
                signature,
                condition.Length > 0 ? [.. inputs, condition] : inputs,
                expected);
        }

        double[] Restored(float[] values) => schema is null
            ? Widen(values)
            : [.. Enumerable.Range(0, values.Length / schema.Scaling.Dims).SelectMany(i => schema.Restore("rows", values)[i].ToArray())];
    }

    /// <summary>Finds a value of what a runtime gave that is not close to what the engine gave.</summary>
    public string? Fault(float[][] outputs)
    {
        for (int i = 0; i < Expected.Length; i++)
        {
            if (outputs[i].Length != Expected[i].Length)
            {
                return $"{Name}: {Signature.Outputs[i]} has {outputs[i].Length} values, expected {Expected[i].Length}";
            }

            for (int j = 0; j < Expected[i].Length; j++)
            {
                (double value, double expected) = (outputs[i][j], Expected[i][j]);
                double size = ByRow ? Row(i, j).Max(Math.Abs) : Math.Abs(expected);

                // Two infinities have no difference.
                double error = value == expected ? 0 : Math.Abs(value - expected) / Math.Max(1, size);
                if (!(error <= Tolerance))
                {
                    return $"{Name}: {Signature.Outputs[i]}: value {j} is {value}, expected {expected}: off by {error:g3}";
                }
            }
        }

        return null;
    }

    private ArraySegment<double> Row(int output, int index)
    {
        int width = Signature.Outputs[output].Sizes.Aggregate(1, (product, size) => product * size);
        return new(Expected[output], index / width * width, width);
    }

    private static TableDataset Table(IReadOnlyList<string> columns, float[] values) =>
        new("rows", columns, [.. Widen(values).Chunk(columns.Count)]);

    private static double[] Sum(double[] first, double[] second) => [.. first.Zip(second, (a, b) => a + b)];

    private static double[] Widen(float[] values) => Array.ConvertAll(values, value => (double)value);

    private static double[] LogDet(Model model, float[] data, float[] condition)
    {
        using LayerWalk walk = new(model.Flow, model.Context, data.Length / model.Flow.Dims);
        IBackend backend = model.Backend;
        backend.Write(data, walk.Input);
        if (condition.Length > 0)
        {
            backend.Write(condition, walk.Condition);
        }

        walk.Run(initialize: false, visit: null);
        return TinyGlow.Read(backend, walk.LogDet);
    }
}
