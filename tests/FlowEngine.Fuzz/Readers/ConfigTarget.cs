using FlowEngine.Architecture;
using FlowEngine.Models;

namespace FlowEngine.Fuzz;

/// <summary>The configuration of a checkpoint.</summary>
internal sealed class ConfigTarget(string name) : TextTarget(name, Configs())
{
    /// <summary>Configurations of every kind of model.</summary>
    public static IEnumerable<string> Configs() => SmallModels.Descriptions.Select(ModelKinds.Parse)
        .Select(options => (ModelConfig.New(options, SmallModels.Schema(options)) with { TrainingLogProb = -1.5 }).ToJson());

    protected override void Read(string text) => ModelConfig.Parse(text, FileName).ToJson();
}
