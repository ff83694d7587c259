using FlowEngine.Architecture;
using FlowEngine.Models;

using Xunit;

namespace FlowEngine.Tests.Models;

/// <summary>What a checkpoint says of its model, as JSON and back.</summary>
public sealed class ModelConfigTests
{
    [Fact]
    public void Options_come_back_from_JSON()
    {
        ModelConfig config = TinyGlow.Config(TinyGlow.Options());
        Assert.Equal(config, ModelConfig.Parse(config.ToJson(), "test"));
    }

    [Fact]
    public void An_unknown_kind_of_model_is_one_line_that_names_the_known_ones()
    {
        string json = TinyGlow.Config(TinyGlow.Options()).ToJson().Replace("\"glow\"", "\"tflow\"", StringComparison.Ordinal);
        FlowException error = Assert.Throws<FlowException>(() => ModelConfig.Parse(json, "here"));
        Assert.Equal(FlowErrorKind.BadFormat, error.Kind);
        Assert.Equal(
            "here: the configuration does not read: the model is \"tflow\", expected one of "
            + string.Join(", ", ModelKinds.Names),
            error.Message);
    }
}
