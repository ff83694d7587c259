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

    /// <summary>A case for each function of a model, on whose backend the expected values are computed.</summary>
    public static IEnumerable<OnnxCase> Of(string name, Model model, float[] data, float[] condition)
    {
        float[][] latents = model.Forward(data, condition);
        foreach (OnnxFunction function in Enum.GetValues<OnnxFunction>())
        {
            using MemoryStream file = new();
            OnnxSignature signature = OnnxExport.Write(model, function, file);
            float[][] inputs = function is OnnxFunction.LogProb or OnnxFunction.Forward ? [data]
                : function == OnnxFunction.Inverse ? latents
                : [.. latents.Select((latent, level) => Draws.Normal(latent.Length, seed: (ulong)level + 7))];
            double[][] expected = function switch
            {
                OnnxFunction.LogProb => [model.LogProb(data, condition)],
                OnnxFunction.Forward => [.. latents.Select(Widen), LogDet(model, data, condition)],
                OnnxFunction.Inverse => [Widen(model.Inverse(inputs, condition))],
                _ => [Widen(model.Destandardize(inputs, condition))],
            };
            yield return new OnnxCase(
                $"{name} {function}",
                file.ToArray(),
                signature,
                condition.Length > 0 ? [.. inputs, condition] : inputs,
                expected);
        }
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
                double error = Math.Abs(value - expected) / Math.Max(1, Math.Abs(expected));
                if (!(error <= Tolerance))
                {
                    return $"{Name}: {Signature.Outputs[i]}: value {j} is {value}, expected {expected}: off by {error:g3}";
                }
            }
        }

        return null;
    }

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
