using FlowEngine.Checkpoints;
using FlowEngine.Execution;
using FlowEngine.Interop;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Reference;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Models;

using Xunit;

namespace FlowEngine.Tests.Golden;

/// <summary>Flows of other libraries give what those computed in double from the same float32 weights.</summary>
public sealed class ForeignFlowTests
{
    /// <summary>Each flow, and the error of a gradient allowed in float32, of max(1, largest magnitude in the row).</summary>
    /// <remarks>
    /// Gradients of log densities through splines have the second derivatives of the splines in them, which are large in
    /// narrow bins: in float64 a rounding of x to float32 changes those of nflows-nsf by 4e-6, and those of the next two by
    /// 2e-6 and 3e-6, where affine flows change by 2e-7. So the rounding of all the arithmetic exceeds 1e-5 there.
    /// </remarks>
    public static TheoryData<string, double> Flows => new()
    {
        { "zuko-nice", 1e-5 },
        { "zuko-realnvp", 1e-5 },
        { "zuko-maf", 1e-5 },
        { "zuko-maf-context", 1e-5 },
        { "zuko-nsf", 1e-5 },
        { "zuko-nsf-context", 1e-5 },
        { "zuko-nsf-coupling", 1e-5 },
        { "zuko-maf-residual", 1e-5 },
        { "zuko-transforms", 1e-5 },
        { "zuko-nsf-box", 1e-5 },
        { "nflows-actnorm-affine", 1e-5 },
        { "nflows-maf-context", 1e-5 },
        { "nflows-nsf", 1e-5 },
        { "nflows-nsf-context", 1e-5 },
        { "nflows-spline-maf", 1e-5 },
        { "nflows-maf-norm", 1e-5 },
        { "nflows-maf-tanh", 1e-5 },
        { "nflows-nice-silu", 1e-5 },
        { "nflows-transforms", 1e-5 },
        { "nflows-nsf-box", 1e-5 },
        { "nflows-made-context-tanh", 1e-5 },
        { "nflows-made-context-silu", 1e-5 },
        { "normflows-realnvp", 1e-5 },
        { "normflows-ar-spline", 1e-5 },
        { "normflows-coupling-spline", 1e-5 },
        { "normflows-ar-spline-context", 1e-5 },
        { "normflows-coupling-blocks", 1e-5 },
        { "normflows-masked-leaky", 1e-5 },
        { "normflows-spline-box", 1e-5 },
        { "flowjax-maf", 1e-5 },
        { "flowjax-maf-two", 1e-5 },
        { "flowjax-maf-context", 1e-5 },
        { "flowjax-coupling-context", 1e-5 },
        { "flowjax-maf-affine", 1e-5 },
        { "flowjax-coupling-affine", 1e-5 },
    };

    [Theory]
    [MemberData(nameof(Flows))]
    public void In_float64_all_values_and_gradients_are_those_of_the_library(string name, double ofGradients)
    {
        Assert.InRange(ofGradients, 1e-5, 1e-4);
        using ReferenceBackend<double> backend = new();
        Compare(name, backend, 1e-10, 1e-10);
    }

    [Theory]
    [MemberData(nameof(Flows))]
    public void In_float32_they_are_close(string name, double ofGradients)
    {
        using CpuBackend backend = new(2);
        Compare(name, backend, 1e-5, ofGradients);
    }

    [Fact]
    public void What_is_not_read_is_named_with_its_place()
    {
        string folder = FolderOf("nflows-nsf-context");
        Refuses(
            folder,
            text => text.Replace("\"relu\"", "\"softplus\""),
            FlowErrorKind.Unsupported,
            "transform 0: network (ResidualNet): its activation is softplus, expected one of ReLU");
        Refuses(
            folder,
            text => text.Replace("\"context\": 3", "\"context\": 0"),
            FlowErrorKind.BadFormat,
            "transform 0: network: its network reads 5 numbers, expected 2 that pass and 0 of a context");
        folder = FolderOf("zuko-nsf");
        Refuses(folder, text => text.Replace("flows.NSF", "flows.CNF"), FlowErrorKind.Unsupported, "the flow (zuko.flows.CNF)", "NSF");
        Refuses(folder, text => text.Replace("\"bins\": 8", "\"activation\": \"Softplus\""), FlowErrorKind.Unsupported, "activation is Softplus", "ReLU");
        Refuses(folder, text => text.Replace("\"features\": 4", "\"features\": 3"), FlowErrorKind.BadFormat, "order", "(3)");
        Refuses(folder, _ => "{", FlowErrorKind.BadFormat, "no description of a flow");
        folder = FolderOf("nflows-actnorm-affine");
        Refuses(folder, text => text.Replace("\"BatchNorm\"", "\"Sigmoid\""), FlowErrorKind.Unsupported, "transform 3 (Sigmoid)");
        Refuses(folder, text => text.Replace("StandardNormal", "MADEMoG"), FlowErrorKind.Unsupported, "the base is MADEMoG");
        folder = FolderOf("flowjax-maf");
        Refuses(
            folder, text => text.Replace("masked_auto", "block_neural_auto"), FlowErrorKind.Unsupported, "the flow (block_neural_auto");
        Refuses(folder, text => text.Replace("rational_quadratic_spline", "planar"), FlowErrorKind.Unsupported, "is planar, expected affine");
        Refuses(folder, text => text.Replace("rational_quadratic_spline", "affine"), FlowErrorKind.BadFormat, "(2, 8, 13)");
        Refuses(folder, text => text.Replace("_knots\": 5", "_knots\": 64"), FlowErrorKind.Unsupported, "65 bins", "2 to 64");
        Refuses(folder, text => text.Replace("\"invert\": true", "\"invert\": false"), FlowErrorKind.Unsupported, "invert true");
        Refuses(folder, text => text.Replace("data_mean", "mean"), FlowErrorKind.BadFormat, "neither data_mean", "metadata.json");
        Refuses(folder, text => text.Replace("\"nn_depth\": 2", "\"nn_depth\": 3"), FlowErrorKind.BadFormat, "layer 2", "(2, 13, 13)");
        Refuses(folder, text => text.Replace("\"flow_layers\": 2", "\"flow_layers\": 1"), FlowErrorKind.BadFormat, "(1, 13, 4)");
    }

    internal static Model Load(string name, TemporaryFolder temporary, IBackend backend)
    {
        string folder = FolderOf(name);
        string path = temporary.File("model.safetensors");
        ForeignFlow.Import(
            WeightsOf(folder), path, name.Split('-')[0], Path.Combine(folder, "flow.json"));
        return Model.Load(path, backend);
    }

    private static void Refuses(
        string folder, Func<string, string> change, FlowErrorKind kind, params ReadOnlySpan<string> parts)
    {
        using TemporaryFolder temporary = new();
        string description = temporary.File("flow.json");
        File.WriteAllText(description, change(File.ReadAllText(Path.Combine(folder, "flow.json"))));
        FlowException error = Assert.Throws<FlowException>(() => ForeignFlow.Import(
            WeightsOf(folder),
            temporary.File("model.safetensors"),
            Path.GetFileName(folder).Split('-')[0],
            description));
        Assert.Equal(kind, error.Kind);
        foreach (string part in parts)
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    private static string WeightsOf(string folder) => Directory.GetFiles(folder, "weights.*").Single();

    private static string FolderOf(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", "foreign", name);

    internal static Dictionary<string, double[]> Recorded(string name) =>
        SafetensorsFile.Read(Path.Combine(FolderOf(name), "io.safetensors"))
            .Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.ToDoubles());

    internal static void Compare(string name, IBackend backend, double tolerance, double ofGradients)
    {
        Dictionary<string, double[]> expected = Recorded(name);
        using TemporaryFolder temporary = new();
        using Model model = Load(name, temporary, backend);
        int batch = expected["log_prob"].Length;
        using GradientPlan gradient = new(model, batch, MemoryMode.Store);
        gradient.Refresh();
        if (expected.TryGetValue("context", out double[]? context))
        {
            backend.Write(context, gradient.Plan.Condition);
        }

        backend.Write(expected["x"], gradient.Plan.Input);
        gradient.Plan.Forward();
        double[] logProb = [.. TinyGlow.Read(backend, gradient.Plan.LogPrior)
            .Zip(TinyGlow.Read(backend, gradient.Plan.LogDet), (prior, logDet) => prior + logDet)];
        List<string> errors = [];
        Check("log_prob", logProb);
        Check("z", TinyGlow.Read(backend, gradient.Plan.Latents.Single()));
        backend.Fill(gradient.LogProbGradient, 1);
        gradient.Backward();
        Check("dlog_prob_dx", TinyGlow.Read(backend, gradient.Plan.InputGradient));
        if (context is not null)
        {
            Check("dlog_prob_dcontext", TinyGlow.Read(backend, gradient.ConditionGradient));
        }

        // A plan that stores activations makes no inverses.
        using GradientPlan inverse = new(model, batch, MemoryMode.Invert);
        inverse.Refresh();
        if (context is not null)
        {
            backend.Write(context, inverse.Plan.Condition);
        }

        backend.Write(expected["noise"], inverse.Plan.Latents.Single());
        inverse.Plan.Inverse([]);
        Check("x_of_noise", TinyGlow.Read(backend, inverse.Plan.Input));
        Assert.True(errors.Count == 0, string.Join("; ", errors));

        void Check(string what, double[] actual)
        {
            double[] values = expected[what];
            Assert.Equal(values.Length, actual.Length);
            double worst = 0;
            int width = values.Length / batch;
            for (int row = 0; row < batch; row++)
            {
                double size = Math.Max(1, values.Skip(row * width).Take(width).Max(Math.Abs));
                for (int i = row * width; i < (row + 1) * width; i++)
                {
                    // Two infinities have no difference.
                    double error = values[i] == actual[i] ? 0 : Math.Abs(values[i] - actual[i]) / size;
                    worst = error <= worst ? worst : error;
                }
            }

            if (!(worst <= (what.StartsWith('d') ? ofGradients : tolerance)))
            {
                errors.Add($"{what} is off by {worst:e2}");
            }
        }
    }
}
