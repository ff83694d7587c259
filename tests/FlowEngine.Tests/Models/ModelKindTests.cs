using System.Text;
using System.Text.Json;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Models;

/// <summary>What the kinds of models say of themselves, and what follows from it.</summary>
public sealed class ModelKindTests
{
    public static TheoryData<string> Kinds => [.. ModelKinds.Names.Where(name => name != "transforms")];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_defaults_of_a_kind_build_and_come_back_from_JSON(string name)
    {
        ModelKind kind = ModelKinds.Get(name);
        foreach (DataShape shape in new[] { kind.Example, new(8, 8, 1, 17), new(28, 28, 1, 256), new(64, 48, 3, 256) })
        {
            IModelOptions options = kind.Defaults(shape);
            options.Validate();
            Assert.Equal(shape.Height * shape.Width * shape.Channels, options.Dims);
            Assert.Equal(options, ModelKinds.Parse(ModelKinds.ToJson(options)));
            IModelOptions conditional = options.WithCondition(new ConditionOptions(3, true, kind.ConditionInto(options)));
            conditional.Validate();
            Assert.Equal(conditional, ModelKinds.Parse(ModelKinds.ToJson(conditional)));
        }

        string sizes = kind.Data == DataKind.Images ? "\"height\": 32, \"width\": 32, \"channels\": 3" : "\"channels\": 2";
        Assert.Equal(kind.Defaults(kind.Example), ModelKinds.Parse($"{{\"model\": \"{name}\", {sizes}}}"));
    }

    [Theory]
    [InlineData("8x8x1", 2, 8, 64)]
    [InlineData("28x28x1", 2, 8, 128)]
    [InlineData("32x32x3", 3, 8, 128)]
    [InlineData("30x30x3", 1, 8, 128)]
    [InlineData("64x64x3", 4, 16, 256)]
    public void The_sizes_of_a_Glow_follow_from_the_images(string images, int levels, int steps, int hidden)
    {
        int[] sizes = [.. images.Split('x').Select(int.Parse)];
        GlowOptions glow = (GlowOptions)GlowOptions.Description.Defaults(new DataShape(sizes[0], sizes[1], sizes[2], 256));
        Assert.Equal((levels, steps, hidden), (glow.Levels, glow.Steps, glow.Hidden));
    }

    [Theory]
    [InlineData(0.1, 0)]
    [InlineData(0.2, 0.1 / 32)]
    public void A_Glow_of_flat_areas_begins_with_a_logit(double share, double margin)
    {
        DataShape shape = new(8, 8, 1, 32) { ExtremeShare = share };
        GlowOptions glow = (GlowOptions)GlowOptions.Description.Defaults(shape);
        Assert.Equal(margin, glow.LogitMargin);
        Assert.Equal(margin > 0 ? "logit" : "levels.0.squeeze", glow.Build().Levels[0].Layers[0].Name);
        string json = $$"""{"model": "glow", "height": 8, "width": 8, "channels": 1, "bins": 32, "extreme_share": {{share}}}""";
        Assert.Equal(glow, ModelKinds.Parse(json));
        GlowOptions rosinality = (GlowOptions)GlowOptions.Description.Create(shape, [new("preset", GlowPreset.Rosinality)]);
        Assert.Equal(0, rosinality.LogitMargin);
        Assert.Equal(0, ((GlowOptions)GlowOptions.Description.Published(shape)).LogitMargin);
    }

    [Fact]
    public void Levels_at_the_ends_are_counted()
    {
        byte[] levels = [0, 3, 3, 2, 0, 1, 1, 1];
        Assert.Equal(0.5, ImageDataset.Of("x", levels, 1, 2, 2, 4).ExtremeShare());
        Assert.Equal(0.25, ImageDataset.Of("x", levels, 1, 2, 2, 5).ExtremeShare());
        Assert.Equal(0, ImageDataset.Of("x", [], 1, 2, 2, 4).ExtremeShare());
    }

    [Theory]
    [InlineData("glow", 0)]
    [InlineData("realnvp", 0.05)]
    public void A_file_from_before_the_margin_could_be_chosen_has_the_one_it_was_made_with(string name, double margin)
    {
        ModelKind kind = ModelKinds.Get(name);
        string now = ModelConfig.New(kind.Defaults(new DataShape(8, 8, 1, 17))).ToJson();
        string before = string.Join('\n', now.Split('\n').Where(line => !line.Contains("logit_margin", StringComparison.Ordinal)));
        Assert.NotEqual(now, before);
        Assert.Equal(margin, ((ImageOptions)ModelConfig.Parse(before, "old").Options).LogitMargin);
    }

    [Fact]
    public void Every_option_reads_what_it_writes_and_refuses_what_is_out_of_its_range()
    {
        foreach (ModelKind kind in ModelKinds.All)
        {
            IModelOptions options = kind.Defaults(kind.Example);
            Assert.All(kind.Settings, setting =>
            {
                object? value = setting.Get(options);
                if (setting.Type is not "list" && value is not null)
                {
                    Assert.Equal(value, setting.Parse(setting.Text(value), "it"));
                    Assert.Throws<FlowException>(() => setting.Parse("0,5", "it"));
                }

                if (setting.Type == "integer")
                {
                    Assert.Throws<FlowException>(() => setting.Check(setting.With(options, 0)));
                    Assert.Throws<FlowException>(() => setting.Check(setting.With(options, int.MaxValue)));
                }
            });
        }

        TrainerOptions training = new();
        Assert.All(TrainerOptions.Settings, setting => Assert.Equal(
            setting.Get(training),
            setting.Get(training) is object value ? setting.Parse(setting.Text(value), "it") : null));
        Assert.Equal(
            "clip is NaN, expected 0 (none) or more",
            Assert.Throws<FlowException>((training with { Clip = double.NaN }).Validate).Message);
    }

    [Theory]
    [InlineData("[]", "requires an element of type 'Object'")]
    [InlineData("{}", "model is missing")]
    [InlineData("{\"model\": \"gan\"}", "there is no model gan")]
    [InlineData("{\"model\": \"maf\"}", "channels is missing")]
    [InlineData("{\"model\": \"maf\", \"channels\": 2.5}", "channels is 2.5")]
    [InlineData("{\"model\": \"maf\", \"channels\": 1e300}", "channels is 1e300")]
    [InlineData("{\"model\": \"maf\", \"channels\": 2, \"steps\": 3}", "steps is no option of the model maf")]
    [InlineData("{\"model\": \"maf\", \"channels\": 2, \"mixing\": \"up\"}", "mixing is \"up\", expected \"reverse\" or")]
    [InlineData("{\"model\": \"maf\", \"channels\": 2, \"hidden\": 0}", "hidden is 0, expected 1 to")]
    [InlineData("{\"model\": \"glow\", \"height\": 8, \"width\": 8, \"channels\": 1, \"extreme_share\": 2}", "extreme_share is 2")]
    [InlineData("{\"model\": \"transforms\", \"channels\": 2}", "transforms is a list of 0")]
    [InlineData("{\"model\": \"transforms\", \"channels\": 2, \"transforms\": [{}]}", "transform 0: expected an object")]
    [InlineData(
        "{\"model\": \"transforms\", \"channels\": 2, \"transforms\": [{\"type\": \"actnorm\", \"hidden\": 3}]}",
        "transform 0: hidden is no option of the transform actnorm")]
    [InlineData(
        "{\"model\": \"transforms\", \"channels\": 2, \"transforms\": [{\"type\": \"affine_coupling\", \"hidden\": -3}]}",
        "transform 0: hidden is -3")]
    public void A_description_that_does_not_fit_is_one_clear_line(string json, string says)
    {
        FlowException error = Assert.Throws<FlowException>(() => ModelKinds.Parse(json));
        Assert.Equal(FlowErrorKind.InvalidArgument, error.Kind);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void The_operations_of_a_Glow_are_those_of_its_networks_and_mixes()
    {
        GlowOptions glow = TinyGlow.Options(height: 16, width: 16, channels: 3, levels: 2, steps: 4, hidden: 32);
        double level0 = 64 * 4 * ((9 * 6 * 32) + (32 * 32) + (32 * 9 * 12) + (12 * 12));
        double level1 = 16 * 4 * ((9 * 12 * 32) + (32 * 32) + (32 * 9 * 24) + (24 * 24));
        Assert.Equal(2 * (level0 + level1), glow.Build().ForwardFlops);
        Assert.All(
            ModelKinds.All.Where(kind => kind.Name != "transforms"),
            kind => Assert.True(kind.Defaults(kind.Example).Build().ForwardFlops > 0));
    }

    [Fact]
    public void A_list_of_transforms_is_in_the_checkpoint_and_trains()
    {
        TransformsOptions options = (TransformsOptions)ModelKinds.Parse(
            """
            {
              "model": "transforms", "channels": 5,
              "transforms": [
                {"type": "actnorm"}, {"type": "linear"}, {"type": "affine_coupling", "hidden": 8},
                {"type": "permutation", "order": "random"}, {"type": "additive_coupling", "hidden": 8, "hidden_layers": 1},
                {"type": "batch_norm"}, {"type": "autoregressive", "hidden": 8, "direction": "sample"}, {"type": "scale"},
                {"type": "monotonic_coupling", "hidden": 8, "passing": 2, "residual": true, "activation": "silu"},
                {"type": "monotonic_autoregressive", "hidden": 8, "activation": "tanh"}
              ]
            }
            """);
        Assert.Equal(10, options.Transforms.Count);
        using TemporaryFolder folder = new();
        using CpuBackend backend = new(2);
        using Model model = Model.Create(TinyGlow.Config(options), backend, 1);
        float[] rows = [.. Enumerable.Range(0, 64 * 5).Select(i => (float)Math.Sin(0.7 * i) + (i % 5))];
        model.Initialize(rows);
        using Trainer trainer = new(model, new TrainerOptions { Batch = 64, WarmupSamples = 0, Rate = 1e-2 });
        double first = trainer.Step(rows).BitsPerDim;
        for (int i = 0; i < 30; i++)
        {
            trainer.Step(rows);
        }

        Assert.True(trainer.Last.BitsPerDim < first, $"{first} to {trainer.Last.BitsPerDim}");
        model.Save(folder.File("model.safetensors"));
        using Model loaded = Model.Load(folder.File("model.safetensors"), backend);
        Assert.Equal(options, loaded.Config.Options);
        Assert.Equal(model.LogProb(rows), loaded.LogProb(rows));
        float[] back = loaded.Inverse(loaded.Forward(rows));
        Assert.All(rows.Zip(back), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-3));
    }

    [Fact]
    public void Checkpoints_of_each_kind_have_the_text_they_had()
    {
        Assert.Equal(
            """{"model":"glow","preset":"glow","height":8,"width":8,"channels":1,"levels":2,"steps":2,"hidden":12,"coupling":"affine","logit_margin":0,"bins":17}""",
            ModelKinds.ToJson(TinyGlow.Options()));
        Assert.Equal(
            """{"model":"realnvp","height":4,"width":4,"channels":1,"levels":2,"hidden":4,"logit_margin":0.05,"blocks":1,"bins":17,"condition":{"classes":3,"into":"prior"}}""",
            ModelKinds.ToJson(new RealNvpOptions
            {
                Height = 4,
                Width = 4,
                Channels = 1,
                Levels = 2,
                Hidden = 4,
                Blocks = 1,
                Bins = 17,
                Condition = new ConditionOptions(3, true, ConditionInto.Prior),
            }));
        Assert.Equal(
            """{"model":"maf","height":1,"width":1,"channels":5,"blocks":2,"hidden":9,"hidden_layers":2,"condition":{"columns":2,"into":"both"},"mixing":"lu","batch_norm":true}""",
            ModelKinds.ToJson(TinyVectors.Maf(mixing: Mixing.Lu, batchNorm: true) with
            {
                Condition = new ConditionOptions(2, false, ConditionInto.Both),
            }));
        Assert.Equal(
            """{"model":"nice","height":8,"width":8,"channels":1,"blocks":3,"hidden":7,"hidden_layers":2,"bins":17,"prior":"logistic"}""",
            ModelKinds.ToJson(TinyVectors.Nice(columns: 1) with { Height = 8, Width = 8, Bins = 17 }));
    }

    [Fact]
    public void Descriptions_are_whole_JSON()
    {
        using JsonDocument document = JsonDocument.Parse(Descriptions.ToJson());
        Assert.Equal(
            ModelKinds.Names,
            document.RootElement.GetProperty("models").EnumerateArray().Select(kind => kind.GetProperty("name").GetString()));
        JsonElement batch = document.RootElement.GetProperty("training")[0];
        Assert.Equal("batch", batch.GetProperty("name").GetString());
        Assert.Equal(64, batch.GetProperty("default").GetInt32());
        Assert.Equal(256, batch.GetProperty("default_of_tables").GetInt32());
        Assert.True(Encoding.UTF8.GetByteCount(document.RootElement.GetRawText()) < 60_000);
    }
}
