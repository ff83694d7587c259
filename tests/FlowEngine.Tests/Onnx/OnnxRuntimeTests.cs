using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Kernels.Reference;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Golden;
using FlowEngine.Tests.Models;

using Xunit;

namespace FlowEngine.Tests.Onnx;

/// <summary>Files of every kind of model give in ONNX Runtime what the engine gives.</summary>
public sealed class OnnxRuntimeTests
{
    public static TheoryData<string> Models => [.. OnnxModels.All.Keys];

    // Without the one that another test adds.
    private static IEnumerable<string> Kinds =>
        ModelKinds.All.Select(kind => kind.Name).Where(name => name != ShearOptions.Description.Name);

    // The inverse of the one that is left out is off by 2e-5: its weights are random, and its bins steep.
    public static TheoryData<string> ForeignFlows =>
        [.. ForeignFlowTests.Flows.Select(row => row.Data.Item1).Where(name => name != "flowjax-coupling-context")];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_model_gives_what_the_engine_gives(string name) => Run(Cases(name));

    [Fact]
    public void One_model_of_each_kind_gives_in_onnxruntime_web_what_the_engine_gives()
    {
        OnnxCase[] cases = [.. Kinds.SelectMany(Cases)];
        foreach ((OnnxCase one, float[][] outputs) in cases.Zip(WebSession.Run(cases)))
        {
            string? fault = one.Fault(outputs);
            Assert.True(fault is null, fault);
        }
    }

    [Theory]
    [MemberData(nameof(ForeignFlows))]
    public void A_flow_of_another_library_gives_what_the_engine_gives(string name)
    {
        using TemporaryFolder folder = new();
        using ReferenceBackend<double> backend = new();
        using Model model = ForeignFlowTests.Load(name, folder, backend);
        Dictionary<string, double[]> recorded = ForeignFlowTests.Recorded(name);
        Run(OnnxCase.Of(name, model, Floats("x"), Floats("context")).Select(one => one with { ByRow = true }));

        float[] Floats(string key) => recorded.TryGetValue(key, out double[]? values)
            ? Array.ConvertAll(values, value => (float)value)
            : [];
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Rows_of_a_table_and_conditions_are_in_its_units(bool isBounded, bool isCurved)
    {
        // Means far from zero, a constant, a column that repeats another the other way round.
        LogitTransform? logit = isBounded ? new LogitTransform(1e-3, -2, 5) : null;
        TableScaling scaling = new(
            [
                new TableColumn("a", isBounded ? 0.7 : 12_345.678, 0.5),
                new TableColumn("constant", 0.25, 0),
                new TableColumn("b", -1.5, isBounded ? 1.25 : 1e-3),
                new TableColumn("copy", 1, 0.75, CopyOf: 2, IsReversed: true),
            ],
            logit);
        if (isCurved)
        {
            // b, and its copy, on a curve; a as it is.
            TailCurve curve = new(900, 2.5);
            scaling = new TableScaling(
                [
                    scaling.Columns[0],
                    scaling.Columns[1],
                    new TableColumn("b", 0.1, 1.2) { Curve = curve },
                    new TableColumn("copy", -0.1, 1.2, CopyOf: 2, IsReversed: true) { Curve = curve.Moved(-2, 7) },
                ],
                null);
        }

        IModelOptions options = TinyVectors.Nsf(columns: 2).WithCondition(new ConditionOptions(1, IsClass: false, ConditionInto.Both));
        using ReferenceBackend<double> backend = new();
        using Model model = TinyGlow.Perturbed(backend, options);
        TableSchema schema = new("table", scaling, Label: null, SplitSeed: 0)
        {
            Condition = new TableScaling([new TableColumn("given", 200, 30)], null),
        };
        model.SetSchema(schema);
        TableDataset rows = schema.Restore("rows", Draws.Normal(2 * 6, seed: 8));
        float[] data = [.. Enumerable.Range(0, 6).SelectMany(i => rows[i].ToArray()).Select(value => (float)value)];
        Run(OnnxCase.Of("table", model, data, [.. Draws.Normal(6, seed: 9).Select(value => 200 + (30 * value))]));
    }

    [Fact]
    public void Every_kind_of_model_is_tested() =>
        Assert.Equal(
            Kinds.Order(),
            OnnxModels.All.Values.Select(options => options.Kind.Name).Distinct().Order());

    private static IReadOnlyList<OnnxCase> Cases(string name)
    {
        IModelOptions options = OnnxModels.All[name];
        using ReferenceBackend<double> backend = new();
        using Model model = TinyGlow.Perturbed(backend, options);
        return [.. OnnxCase.Of(name, model, Draws.Data(options, model.Flow, 5), TinyGlow.Conditions(options, 5))];
    }

    private static void Run(IEnumerable<OnnxCase> cases)
    {
        foreach (OnnxCase one in cases)
        {
            string? fault = one.Fault(OnnxSession.Run(one));
            Assert.True(fault is null, fault);
        }
    }
}
