using FlowEngine.Checkpoints;
using FlowEngine.Interop;
using Xunit;

namespace FlowEngine.Tests.Checkpoints;

public sealed class RosinalityRejectionTests
{
    private const int Mutations = 1000;
    private const string Step = "blocks.1.flows.0";

    private static readonly RosinalityShape _shape = new(Channels: 1, Levels: 2, Steps: 1, Hidden: 2, Affine: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_tensor_is_needed_with_its_shape_and_finite(bool dense)
    {
        List<NamedTensor> whole = new StateDict(_shape, seed: 1, dense).Make();
        for (int i = 0; i < whole.Count; i++)
        {
            NamedTensor tensor = whole[i];
            List<NamedTensor> changed = [.. whole];
            changed.RemoveAt(i);

            // Without its dense weight, a step is taken for one with factors, of which the first is missed.
            string missing = tensor.Name.EndsWith("invconv.weight", StringComparison.Ordinal)
                ? tensor.Name.Replace("weight", "l_mask", StringComparison.Ordinal)
                : tensor.Name;
            AssertRefused(changed, missing, "is missing");
            changed.Add(tensor.As(tensor.Name, [1, .. tensor.Shape]));
            Assert.Throws<FlowException>(() => RosinalityLayout.Import(changed));
            if (tensor.Type == TensorType.F32)
            {
                float[] values = tensor.ToSingles();
                values[^1] = float.NaN;
                changed[^1] = new NamedTensor(tensor.Name, values, tensor.Shape);
                AssertRefused(changed, tensor.Name, "holds NaN");
                changed[^1] = new NamedTensor(tensor.Name, new int[values.Length], tensor.Shape);
                AssertRefused(changed, tensor.Name, "type I32");
            }
        }
    }

    [Theory]
    [InlineData("actnorm.scale", 0f, "zero")]
    [InlineData("invconv.w_p", 0.5f, "permutation")]
    [InlineData("invconv.s_sign", 0f, "1 and -1")]
    [InlineData("invconv.l_mask", 1f, "constant")]
    [InlineData("invconv.u_mask", 1f, "constant")]
    [InlineData("invconv.l_eye", 0f, "constant")]
    public void Values_no_such_model_has_are_refused(string name, float value, string reason) =>
        AssertRefused(Replace(value, $"{Step}.{name}"), $"{Step}.{name}", reason);

    [Fact]
    public void A_singular_convolution_is_refused()
    {
        List<NamedTensor> tensors = new StateDict(_shape, seed: 1, dense: true).Make();
        int at = tensors.FindIndex(tensor => tensor.Name == $"{Step}.invconv.weight");
        tensors[at] = new NamedTensor(tensors[at].Name, new float[64], 8, 8, 1, 1);
        AssertRefused(tensors, $"{Step}.invconv.weight", "singular");
    }

    [Fact]
    public void A_model_that_was_never_initialized_is_refused()
    {
        List<NamedTensor> tensors = new StateDict(_shape, seed: 1).Make();
        string name = $"{Step}.actnorm.initialized";
        tensors[tensors.FindIndex(tensor => tensor.Name == name)] = new NamedTensor(name, new byte[] { 0 });
        AssertRefused(tensors, name, "never seen data");
    }

    [Theory]
    [InlineData("optimizer.step")]
    [InlineData("blocks.0.flows.00.actnorm.loc")]
    [InlineData("blocks.7.prior.scale")]
    [InlineData("module.module.blocks.0.prior.scale")]
    public void Tensors_of_something_else_are_refused(string name)
    {
        List<NamedTensor> tensors = new StateDict(_shape, seed: 1).Make();
        tensors.Add(new NamedTensor(name, new[] { 1f }, 1));
        string stripped = name.StartsWith("module.", StringComparison.Ordinal) ? name["module.".Length..] : name;
        AssertRefused(tensors, stripped, "not part of such a model");
    }

    [Fact]
    public void A_tensor_with_and_without_prefix_is_there_twice()
    {
        List<NamedTensor> tensors = new StateDict(_shape, seed: 1).Make();
        tensors.Add(tensors[0].As($"module.{tensors[0].Name}", tensors[0].Shape));
        AssertRefused(tensors, tensors[0].Name, "twice");
    }

    [Fact]
    public void A_file_of_another_kind_is_refused()
    {
        foreach (NamedTensor[] tensors in new NamedTensor[][] { [], [new("weight", new[] { 1f }, 1)] })
        {
            FlowException exception = Assert.Throws<FlowException>(() => RosinalityLayout.Import(tensors));
            Assert.Equal(FlowErrorKind.BadFormat, exception.Kind);
            Assert.Contains("not a state dict", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Export_refuses_what_does_not_fit_the_sizes()
    {
        IReadOnlyList<NamedTensor> ours = RosinalityLayout.Import(new StateDict(_shape, seed: 1).Make()).Tensors;
        RosinalityShape[] others =
        [
            _shape with { Channels = 2 }, _shape with { Levels = 1 }, _shape with { Levels = 3 },
            _shape with { Steps = 2 }, _shape with { Hidden = 3 }, _shape with { Affine = false },
        ];
        foreach (RosinalityShape other in others)
        {
            Assert.Throws<FlowException>(() => RosinalityLayout.Export(ours, other));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => RosinalityLayout.Export(ours, _shape with { Levels = 0 }));
        NamedTensor permutation = new("levels.0.steps.0.invconv.permutation", new[] { 0, 1, 1, 3 }, 4);
        Assert.Throws<FlowException>(() => RosinalityLayout.Export(
            ours.Select(tensor => tensor.Name == permutation.Name ? permutation : tensor), _shape));
    }

    [Fact]
    public void A_mutated_state_dict_is_imported_or_refused_and_nothing_else()
    {
        byte[] file = Safetensors.Write(new StateDict(_shape with { Levels = 1 }, seed: 1).Make());
        var random = new Random(11);
        int refused = 0;
        for (int i = 0; i < Mutations; i++)
        {
            try
            {
                RosinalityLayout.Import(SafetensorsFile.Read(Mutation.Of(file, random)).Tensors);
            }
            catch (FlowException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, Mutations / 4, Mutations - 1);
    }

    private static List<NamedTensor> Replace(float value, string name)
    {
        List<NamedTensor> tensors = new StateDict(_shape, seed: 1).Make();
        int at = tensors.FindIndex(tensor => tensor.Name == name);
        float[] values = tensors[at].ToSingles();
        values[0] = value;
        tensors[at] = new NamedTensor(name, values, tensors[at].Shape);
        return tensors;
    }

    private static void AssertRefused(IEnumerable<NamedTensor> tensors, string name, string reason)
    {
        FlowException exception = Assert.Throws<FlowException>(() => RosinalityLayout.Import(tensors));
        Assert.Equal(FlowErrorKind.BadFormat, exception.Kind);
        Assert.Contains($"\"{name}\"", exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}
