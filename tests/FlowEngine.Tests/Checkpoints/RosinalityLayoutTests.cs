using FlowEngine.Checkpoints;
using FlowEngine.Interop;
using Xunit;

namespace FlowEngine.Tests.Checkpoints;

public sealed class RosinalityLayoutTests
{
    private static readonly RosinalityShape _small = new(Channels: 3, Levels: 3, Steps: 2, Hidden: 5, Affine: true);

    public static TheoryData<int, int, int, int, bool> Shapes => new()
    {
        { 1, 1, 1, 1, true },
        { 1, 2, 3, 4, false },
        { 3, 3, 2, 5, true },
        { 2, 1, 12, 3, false },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Sizes_are_read_off_the_tensors(int channels, int levels, int steps, int hidden, bool affine)
    {
        var shape = new RosinalityShape(channels, levels, steps, hidden, affine);
        Assert.Equal(shape, RosinalityLayout.Import(new StateDict(shape, seed: 1).Make()).Shape);
    }

    [Fact]
    public void Imported_tensors_have_the_names_types_and_shapes_of_the_engine()
    {
        var shape = new RosinalityShape(Channels: 1, Levels: 2, Steps: 1, Hidden: 6, Affine: true);
        string[] expected =
        [
            .. Step("levels.0.steps.0", 4),
            "\"levels.0.split.prior.weight\" F32 (4, 2, 3, 3)",
            "\"levels.0.split.prior.bias\" F32 (4)",
            "\"levels.0.split.prior.log_scale\" F32 (4)",
            .. Step("levels.1.steps.0", 8),
            "\"levels.1.prior.weight\" F32 (16, 8, 3, 3)",
            "\"levels.1.prior.bias\" F32 (16)",
            "\"levels.1.prior.log_scale\" F32 (16)",
        ];

        IReadOnlyList<NamedTensor> tensors = RosinalityLayout.Import(new StateDict(shape, seed: 1).Make()).Tensors;

        Assert.Equal(expected.Order(), tensors.Select(tensor => tensor.ToString()).Order());

        static string[] Step(string prefix, int channels) =>
        [
            $"\"{prefix}.actnorm.bias\" F32 ({channels})",
            $"\"{prefix}.actnorm.log_scale\" F32 ({channels})",
            $"\"{prefix}.invconv.lower\" F32 ({channels}, {channels})",
            $"\"{prefix}.invconv.upper\" F32 ({channels}, {channels})",
            $"\"{prefix}.invconv.log_diagonal\" F32 ({channels})",
            $"\"{prefix}.invconv.sign\" F32 ({channels})",
            $"\"{prefix}.invconv.permutation\" I32 ({channels})",
            $"\"{prefix}.coupling.conv1.weight\" F32 (6, {channels / 2}, 3, 3)",
            $"\"{prefix}.coupling.conv1.bias\" F32 (6)",
            $"\"{prefix}.coupling.conv2.weight\" F32 (6, 6, 1, 1)",
            $"\"{prefix}.coupling.conv2.bias\" F32 (6)",
            $"\"{prefix}.coupling.conv3.weight\" F32 ({channels}, 6, 3, 3)",
            $"\"{prefix}.coupling.conv3.bias\" F32 ({channels})",
            $"\"{prefix}.coupling.conv3.log_scale\" F32 ({channels})",
        ];
    }

    [Theory]
    [InlineData(false, false, 1e-6)]
    [InlineData(true, false, 1e-6)]
    [InlineData(false, true, 1e-14)]
    [InlineData(true, true, 1e-12)]
    public void Import_keeps_the_map_of_every_step_with_negative_scales(bool dense, bool doubles, double tolerance)
    {
        List<NamedTensor> theirs = new StateDict(_small, seed: 2, dense, doubles).Make();
        IReadOnlyList<NamedTensor> ours = RosinalityLayout.Import(theirs).Tensors;
        ForEachStep(_small, (level, step) => DenseMap.AssertClose(
            DenseMap.OfTheirs(theirs, level, step), DenseMap.OfOurs(ours, level, step), tolerance));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Export_of_an_import_keeps_the_map_of_every_step(bool dense)
    {
        List<NamedTensor> theirs = new StateDict(_small, seed: 3, dense).Make();
        (IReadOnlyList<NamedTensor> ours, RosinalityShape shape) = RosinalityLayout.Import(theirs);
        IReadOnlyList<NamedTensor> again = RosinalityLayout.Export(ours, shape);
        ForEachStep(_small, (level, step) => DenseMap.AssertClose(
            DenseMap.OfTheirs(theirs, level, step), DenseMap.OfTheirs(again, level, step), 1e-6));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Export_writes_the_complete_state_dict(bool affine)
    {
        RosinalityShape shape = _small with { Affine = affine };
        List<NamedTensor> theirs = new StateDict(shape, seed: 4).Make();
        IReadOnlyList<NamedTensor> again = RosinalityLayout.Export(RosinalityLayout.Import(theirs).Tensors, shape);
        Assert.Equal(
            theirs.Select(tensor => tensor.ToString()).Order(), again.Select(tensor => tensor.ToString()).Order());
    }

    [Fact]
    public void Export_of_doubles_is_float32()
    {
        List<NamedTensor> theirs = new StateDict(_small, seed: 4, doubles: true).Make();
        IReadOnlyList<NamedTensor> ours = RosinalityLayout.Import(theirs).Tensors;
        Assert.All(ours, tensor => Assert.True(tensor.Type is TensorType.F64 or TensorType.I32));
        Assert.All(
            RosinalityLayout.Export(ours, _small),
            tensor => Assert.True(tensor.Type is TensorType.F32 or TensorType.U8));
    }

    [Fact]
    public void A_second_round_trip_changes_no_weight()
    {
        IReadOnlyList<NamedTensor> once = RosinalityLayout.Import(new StateDict(_small, seed: 5).Make()).Tensors;
        IReadOnlyList<NamedTensor> twice = RosinalityLayout.Import(RosinalityLayout.Export(once, _small)).Tensors;
        bool Exact(NamedTensor tensor) => !tensor.Name.EndsWith("actnorm.log_scale", StringComparison.Ordinal);
        SafetensorsFileTests.AssertSame(once.Where(Exact), twice.Where(Exact));
    }

    [Fact]
    public void Convolutions_pass_unchanged_to_their_new_names()
    {
        List<NamedTensor> theirs = new StateDict(_small, seed: 6).Make();
        IReadOnlyList<NamedTensor> ours = RosinalityLayout.Import(theirs).Tensors;
        (string Theirs, string Ours)[] pairs =
        [
            ("blocks.1.flows.1.actnorm.loc", "levels.1.steps.1.actnorm.bias"),
            ("blocks.1.flows.0.coupling.net.0.weight", "levels.1.steps.0.coupling.conv1.weight"),
            ("blocks.0.flows.1.coupling.net.2.bias", "levels.0.steps.1.coupling.conv2.bias"),
            ("blocks.2.flows.1.coupling.net.4.scale", "levels.2.steps.1.coupling.conv3.log_scale"),
            ("blocks.1.prior.conv.weight", "levels.1.split.prior.weight"),
            ("blocks.2.prior.scale", "levels.2.prior.log_scale"),
        ];
        foreach ((string their, string our) in pairs)
        {
            Assert.Equal(
                theirs.Single(tensor => tensor.Name == their).ToSingles(),
                ours.Single(tensor => tensor.Name == our).ToSingles());
        }
    }

    [Fact]
    public void A_data_parallel_prefix_is_tolerated()
    {
        List<NamedTensor> theirs = new StateDict(_small, seed: 7).Make();
        SafetensorsFileTests.AssertSame(
            RosinalityLayout.Import(theirs).Tensors,
            RosinalityLayout.Import(theirs.Select(tensor => tensor.As($"module.{tensor.Name}", tensor.Shape))).Tensors);
    }

    [Fact]
    public void Dense_and_factored_convolutions_may_stand_side_by_side()
    {
        var shape = new RosinalityShape(Channels: 1, Levels: 2, Steps: 1, Hidden: 2, Affine: true);
        IEnumerable<NamedTensor> Level(bool dense, int level) => new StateDict(shape, 8, dense).Make()
            .Where(tensor => tensor.Name.StartsWith($"blocks.{level}.", StringComparison.Ordinal));
        NamedTensor[] theirs = [.. Level(true, 0), .. Level(false, 1)];
        IReadOnlyList<NamedTensor> ours = RosinalityLayout.Import(theirs).Tensors;
        ForEachStep(shape, (level, step) => DenseMap.AssertClose(
            DenseMap.OfTheirs(theirs, level, step), DenseMap.OfOurs(ours, level, step), 1e-6));
    }

    [Fact]
    public void A_state_dict_saved_by_pytorch_is_imported()
    {
        // perf/peers/torch_glow.py golden --channels 1 --levels 2 --steps 1 --hidden 4 --size 8 --batch 2
        SafetensorsFile file = SafetensorsFile.Read(
            Path.Combine(AppContext.BaseDirectory, "Golden", "state-dict.safetensors"));
        (IReadOnlyList<NamedTensor> ours, RosinalityShape shape) = RosinalityLayout.Import(file.Tensors);
        Assert.Equal(new RosinalityShape(Channels: 1, Levels: 2, Steps: 1, Hidden: 4, Affine: true), shape);
        Assert.Equal(
            file.Tensors.Select(tensor => tensor.ToString()).Order(),
            RosinalityLayout.Export(ours, shape).Select(tensor => tensor.ToString()).Order());
        ForEachStep(shape, (level, step) => DenseMap.AssertClose(
            DenseMap.OfTheirs(file.Tensors, level, step), DenseMap.OfOurs(ours, level, step), 1e-6));
    }

    private static void ForEachStep(RosinalityShape shape, Action<int, int> check)
    {
        for (int level = 0; level < shape.Levels; level++)
        {
            for (int step = 0; step < shape.Steps; step++)
            {
                check(level, step);
            }
        }
    }
}
