using FlowEngine.Checkpoints;
using FlowEngine.Execution;
using FlowEngine.Interop;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Models;
using FlowEngine.Tensors;
using FlowEngine.Tests.Checkpoints;

namespace FlowEngine.Tests.Golden;

/// <summary>A model of PyTorch's on a backend, with what PyTorch computed from it.</summary>
internal sealed class GoldenModel : IDisposable
{
    private readonly Dictionary<string, NamedTensor> _expected;
    private readonly DeviceBuffer _gradients;
    private readonly DeviceBuffer _dLogProb;
    private readonly PreparedWeights _prepared;

    public GoldenModel(string name, IBackend backend, MemoryMode memory, bool fuse = true)
    {
        Backend = backend;
        string folder = Path.Combine(AppContext.BaseDirectory, "Golden", name);
        _expected = SafetensorsFile.Read(Path.Combine(folder, "io.safetensors")).Tensors.ToDictionary(t => t.Name);
        Shape = RosinalityLayout.Import(AsDoubles(folder)).Shape;
        using TemporaryFolder temporary = new();
        string path = temporary.File("model.safetensors");
        NamedTensor x = _expected["x"];
        Batch = (int)x.Shape[0];
        int size = (int)x.Shape[2];
        GoldenImport.Save(AsDoubles(folder), path, size, size);
        Model = Model.Load(path, backend);
        _gradients = backend.Allocate(Model.Flow.Parameters.Length);
        _dLogProb = backend.Allocate(Batch);
        LayerContext context = Model.Context with { Gradients = _gradients.View };
        LoweredFlow lowered = LoweredFlow.Of(Model.Flow, fuse);
        _prepared = new PreparedWeights(lowered, context, memory);
        Plan = new FlowPlan(lowered, context, _prepared, Batch, memory);
        backend.Fill(_dLogProb.View, -1 / (Batch * Model.Flow.Dims * Math.Log(2)));
        Images = ChannelsLast("x");
    }

    public IBackend Backend { get; }

    public RosinalityShape Shape { get; }

    public Model Model { get; }

    public FlowPlan Plan { get; }

    public int Batch { get; }

    /// <summary>(B, H, W, C).</summary>
    public double[] Images { get; }

    public BufferView Gradients => _gradients.View;

    public double[] Expected(string name) => _expected[name].ToDoubles();

    /// <summary>An expected image tensor (B, C, H, W) as (B, H, W, C).</summary>
    public double[] ChannelsLast(string name)
    {
        NamedTensor tensor = _expected[name];
        double[] values = tensor.ToDoubles();
        (int batch, int channels, int pixels) =
            ((int)tensor.Shape[0], (int)tensor.Shape[1], (int)(tensor.Shape[2] * tensor.Shape[3]));
        double[] result = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            (int b, int c, int p) = (i / (channels * pixels), i / pixels % channels, i % pixels);
            result[(((b * pixels) + p) * channels) + c] = values[i];
        }

        return result;
    }

    /// <summary>Every parameter with PyTorch's gradient, ActNorm's carried from the raw to the log scale.</summary>
    public IEnumerable<(Parameter Parameter, double[] Expected)> ExpectedGradients()
    {
        Dictionary<string, Parameter> parameters = Model.Flow.Parameters.All.ToDictionary(p => p.Name);
        for (int level = 0; level < Shape.Levels; level++)
        {
            for (int step = 0; step < Shape.Steps; step++)
            {
                string ours = RosinalityNames.OurStep(level, step);
                string theirs = $"grad.{RosinalityNames.TheirStep(level, step)}";
                foreach (RosinalityNames.Pair pair in RosinalityNames.StepPairs(Shape, level, step))
                {
                    yield return (parameters[pair.Ours], Expected($"grad.{pair.Theirs}"));
                }

                Parameter logScale = parameters[$"{ours}.actnorm.log_scale"];
                double[] scales = Array.ConvertAll(Read(logScale.In(Model.Weights)), Math.Exp);
                yield return (logScale, [.. Expected($"{theirs}.actnorm.scale").Zip(scales, (g, s) => g * s)]);
                yield return (parameters[$"{ours}.invconv.lower"], Expected($"{theirs}.invconv.w_l"));
                yield return (parameters[$"{ours}.invconv.upper"], Expected($"{theirs}.invconv.w_u"));
                yield return (parameters[$"{ours}.invconv.log_diagonal"], Expected($"{theirs}.invconv.w_s"));
            }

            foreach (RosinalityNames.Pair pair in RosinalityNames.PriorPairs(Shape, level))
            {
                yield return (parameters[pair.Ours], Expected($"grad.{pair.Theirs}"));
            }
        }
    }

    public double[] Read(BufferView view)
    {
        double[] values = new double[view.Length];
        Backend.Read(view, values);
        return values;
    }

    /// <summary>Forward and backward on the golden images.</summary>
    /// <returns>The mean bits per dimension.</returns>
    public double Step()
    {
        Backend.Write(Images, Plan.Input);
        _prepared.Refresh();
        Plan.Forward();
        double mean = Read(Plan.LogPrior).Zip(Read(Plan.LogDet), (a, b) => a + b).Average();
        Backend.Fill(Gradients, 0);
        Plan.Backward(_dLogProb.View, _dLogProb.View);
        return FlowEngine.Models.BitsPerDim.FromLogProb(mean, Model.Flow.Dims, 256);
    }

    public void Dispose()
    {
        Plan.Dispose();
        _prepared.Dispose();
        _gradients.Dispose();
        _dLogProb.Dispose();
        Model.Dispose();
        Backend.Dispose();
    }

    /// <summary>In double, so that importing rounds nothing.</summary>
    private static IEnumerable<NamedTensor> AsDoubles(string folder) =>
        SafetensorsFile.Read(Path.Combine(folder, "model.safetensors")).Tensors
            .Select(t => t.Type == TensorType.F32 ? new NamedTensor(t.Name, t.ToDoubles(), t.Shape) : t);
}
