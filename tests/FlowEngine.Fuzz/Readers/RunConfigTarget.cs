using FlowEngine.Architecture;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Fuzz;

/// <summary>The config.json of a run folder.</summary>
internal sealed class RunConfigTarget(string name) : TextTarget(name, Configs())
{
    protected override void Read(string text) => RunConfig.Parse(text, FileName).ToJson();

    private static IEnumerable<string> Configs() => new[] { 0, 3, 7 }
        .Select(i => ModelKinds.Parse(SmallModels.Descriptions[i]))
        .Select(options => new RunConfig(
            "data.csv",
            ModelConfig.New(options, SmallModels.Schema(options)),
            new TrainerOptions(),
            new RunLimits(3, 1000, 2.5) { Patience = 4 },
            "cpu",
            1).ToJson());
}
