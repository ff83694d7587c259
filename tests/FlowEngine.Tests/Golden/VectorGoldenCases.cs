using FlowEngine.Checkpoints;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Models;
using FlowEngine.Tensors;
using FlowEngine.Tests.Models;

using Xunit;

namespace FlowEngine.Tests.Golden;

/// <summary>What <c>torch_vectors.py</c> computed from the same weights, on one backend.</summary>
public abstract class VectorGoldenCases
{
    public static TheoryData<string, MemoryMode> Models => new()
    {
        { "maf", MemoryMode.Store },
        { "maf", MemoryMode.Invert },
        { "maf-lu", MemoryMode.Store },
        { "iaf", MemoryMode.Store },
        { "iaf", MemoryMode.Invert },
        { "nice", MemoryMode.Store },
        { "nice", MemoryMode.Invert },
        { "dense-glow", MemoryMode.Store },
        { "dense-glow", MemoryMode.Invert },
        { "class-glow", MemoryMode.Store },
        { "class-glow", MemoryMode.Invert },
        { "class-glow-prior", MemoryMode.Store },
        { "column-maf", MemoryMode.Store },
        { "column-maf", MemoryMode.Invert },
        { "class-iaf", MemoryMode.Store },
        { "class-nice", MemoryMode.Invert },
        { "class-dense-glow", MemoryMode.Store },
        { "class-realnvp", MemoryMode.Store },
        { "realnvp", MemoryMode.Store },
        { "realnvp", MemoryMode.Invert },
    };

    /// <summary>Of log-probabilities and losses, relative.</summary>
    protected abstract double LogProbTolerance { get; }

    /// <summary>Of gradients, relative to the norm.</summary>
    protected abstract double GradientTolerance { get; }

    /// <summary>True where a model takes so long that only the full run has it.</summary>
    protected virtual bool IsSlow(string name) => false;

    [Theory]
    [MemberData(nameof(Models))]
    public void Log_probabilities_gradients_and_ten_Adam_losses_agree_with_PyTorch(string name, MemoryMode memory)
    {
        if (IsSlow(name))
        {
            FullRun.Require();
        }

        string folder = Path.Combine(AppContext.BaseDirectory, "Golden", name);
        Dictionary<string, NamedTensor> expected = SafetensorsFile.Read(Path.Combine(folder, "io.safetensors"))
            .Tensors.ToDictionary(tensor => tensor.Name);
        using IBackend backend = CreateBackend();
        using Model model = Model.Load(Path.Combine(folder, "model.safetensors"), backend);
        int batch = (int)expected["x"].Shape[0];
        long length = model.Flow.Parameters.Length;
        using DeviceBuffer gradients = backend.Allocate(length);
        using DeviceBuffer dLogProb = backend.Allocate(batch);
        LayerContext context = model.Context with { Gradients = gradients.View, UsesBatchStatistics = true };
        LoweredFlow lowered = model.Lowered;
        using PreparedWeights prepared = new(lowered, context, memory);
        using FlowPlan plan = new(lowered, context, prepared, batch, memory);
        if (expected.TryGetValue("condition", out NamedTensor? condition))
        {
            backend.Write(condition.ToDoubles(), plan.Condition);
        }

        backend.Fill(dLogProb.View, -1 / (batch * model.Flow.Dims * Math.Log(2)));

        List<double> losses = [Step()];
        double[] logProb = LogProb();
        AssertClose(expected["log_prob"].ToDoubles(), logProb, LogProbTolerance, "log_prob");
        AssertClose(expected["dx"].ToDoubles(), TinyGlow.Read(backend, plan.InputGradient), GradientTolerance, "dx");
        foreach (Parameter parameter in model.Flow.Parameters.All.Where(parameter => !parameter.IsConstant))
        {
            double[] actual = TinyGlow.Read(backend, parameter.In(gradients.View));
            double[] gradient = parameter.FromFile(expected[$"grad.{parameter.Name}"].ToDoubles());
            AssertClose(gradient, actual, GradientTolerance, parameter.Name);
        }

        // Adam in double, from nothing but the gradients.
        double[] weights = TinyGlow.Read(backend, model.Weights);
        double[] first = new double[length];
        double[] second = new double[length];
        for (int step = 1; step < 10; step++)
        {
            double[] current = TinyGlow.Read(backend, gradients.View);
            for (int i = 0; i < weights.Length; i++)
            {
                first[i] += 0.1 * (current[i] - first[i]);
                second[i] += 0.001 * ((current[i] * current[i]) - second[i]);
                double corrected = Math.Sqrt(second[i] / (1 - Math.Pow(0.999, step))) + 1e-8;
                weights[i] -= 1e-3 * first[i] / (1 - Math.Pow(0.9, step)) / corrected;
            }

            backend.Write(weights, model.Weights);
            losses.Add(Step());
        }

        AssertClose(expected["adam_losses"].ToDoubles(), [.. losses], LogProbTolerance, "losses");

        double[] LogProb() => [.. TinyGlow.Read(backend, plan.LogPrior)
            .Zip(TinyGlow.Read(backend, plan.LogDet), (prior, logDet) => prior + logDet)];

        double Step()
        {
            backend.Write(expected["x"].ToDoubles(), plan.Input);
            prepared.Refresh();
            plan.Forward();
            double loss = BitsPerDim.FromLogProb(LogProb().Average(), model.Flow.Dims, 1);
            backend.Fill(gradients.View, 0);
            plan.Backward(dLogProb.View, dLogProb.View);
            return loss;
        }
    }

    /// <summary>The backend under test.</summary>
    protected abstract IBackend CreateBackend();

    private static void AssertClose(double[] expected, double[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = Math.Sqrt(expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum());
        double norm = Math.Sqrt(expected.Sum(e => e * e));
        Assert.True(difference <= tolerance * Math.Max(norm, 1e-6), $"{what}: off by {difference} of {norm}");
    }
}
