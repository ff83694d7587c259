using FlowEngine.Architecture;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Layers;
using FlowEngine.Models;
using FlowEngine.Ranks;
using FlowEngine.Tests.Models;
using FlowEngine.Tests.Training;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Ranks;

/// <summary>Gradients that travel while the backward pass still runs.</summary>
public sealed class OverlapTests
{
    private const int Batch = 4;

    // Gradients that are more than one message.
    private static readonly GlowOptions _wide = TinyGlow.Options(hidden: 128);

    private static readonly TrainerOptions _options = new() { Batch = Batch, Shards = 4, Seed = 4 };

    public static TheoryData<string> Kinds => [.. ModelKinds.Names.Where(name => name != "transforms")];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_said_to_be_final_changes_no_more(string name)
    {
        ModelKind kind = ModelKinds.Get(name);
        string sizes = kind.Data == DataKind.Images ? "\"height\": 4, \"width\": 4, \"channels\": 1, \"bins\": 17" : "\"channels\": 4";
        IModelOptions options = ModelKinds.Parse($"{{\"model\": \"{name}\", {sizes}, \"hidden\": 16}}");
        options = options.WithCondition(new ConditionOptions(3, true, kind.ConditionInto(options)));
        using CpuBackend backend = new(1);
        using Model model = TinyGlow.Perturbed(backend, options);
        IsFinal(backend, model, MemoryMode.Store);
        IsFinal(backend, model, MemoryMode.Invert);
        model.FusesSteps = false;
        IsFinal(backend, model, MemoryMode.Store);
    }

    [Theory]
    [InlineData(Reduction.Exact)]
    [InlineData(Reduction.Fast)]
    public void Overlapped_sums_have_the_bits_of_sums_at_the_end(Reduction reduction)
    {
        TrainerOptions options = _options with { Reduction = reduction };
        double[][] expected = ThreadRank.Run(2, rank => Train(new PlainRank(rank), options).Weights);
        foreach ((double[] weights, ReductionCost cost) in ThreadRank.Run(2, rank => Train(rank, options)))
        {
            Assert.Equal(expected[0], weights);
            Assert.Equal(3, cost.Updates);
        }
    }

    [Fact]
    public void A_steady_step_allocates_no_managed_memory()
    {
        using CpuBackend backend = new(1);
        using Model model = TinyGlow.Perturbed(backend, _wide);
        using Trainer trainer = new(model, TinyGlow.Digits, _options, new EchoRank());
        trainer.Step();
        Assert.Equal(0, SteadyAllocation.Of(() => trainer.Step()));
        Assert.True(trainer.ReductionCost.HiddenShare is > 0.2, $"{trainer.ReductionCost}");
    }

    private static (double[] Weights, ReductionCost Cost) Train(ICommunicator rank, TrainerOptions options)
    {
        using CpuBackend backend = new(1);
        using Model model = TinyGlow.Perturbed(backend, _wide);
        using Trainer trainer = new(model, TinyGlow.Digits, options, rank);
        trainer.Train(3);
        return (TinyGlow.Read(backend, model.Weights), trainer.ReductionCost);
    }

    private static void IsFinal(CpuBackend backend, Model model, MemoryMode memory)
    {
        using DeviceBuffer gradients = backend.Allocate(model.Weights.Length);
        using DeviceBuffer dLogProb = backend.Allocate(Batch);
        LayerContext context = model.Context with { Gradients = gradients.View };
        using PreparedWeights prepared = new(model.Lowered, context, memory);
        using FlowPlan plan = new(model.Lowered, context, prepared, Batch, memory);
        backend.Fill(dLogProb.View, -1);
        backend.Write(TinyGlow.Conditions(model.Config.Options, Batch), plan.Condition);
        List<float[]> seen = [];
        prepared.Refresh();
        float[] expected = Backward(null);
        float[] found = Backward(() => seen.Add(backend.InPlace(gradients.View).ToArray()));
        Assert.Equal(expected, found);

        long[] starts = FinalGradients.Starts(model.Lowered);
        Assert.Equal(starts.Length, seen.Count);
        Assert.Equal(0, starts[^1]);
        Assert.All(starts.Zip(seen), moment =>
            Assert.Equal(found[(int)moment.First..], moment.Second[(int)moment.First..]));
        long middle = starts[starts.Length / 2];
        Assert.True(starts.Length < 4 || middle <= 0.8 * found.Length, $"{middle} of {found.Length}");

        float[] Backward(Action? passed)
        {
            backend.Write(TinyGlow.Images(model.Flow, Batch), plan.Input);
            backend.Fill(gradients.View, 0);
            plan.Forward();
            plan.Backward(dLogProb.View, dLogProb.View, passed);
            return backend.InPlace(gradients.View).ToArray();
        }
    }
}
