using FlowEngine.Architecture;
using FlowEngine.Data;

namespace FlowEngine.Fuzz;

/// <summary>What a model knows of its data.</summary>
internal sealed class SchemaTarget : TextTarget
{
    private readonly IModelOptions[] _models = [.. SmallModels.Descriptions.Take(6).Select(ModelKinds.Parse)];

    public SchemaTarget(string name)
        : base(name, SmallModels.Descriptions.Select(ModelKinds.Parse).Select(options => SmallModels.Schema(options).ToJson()))
    {
    }

    protected override void Read(string text) => DataSchema.Parse(text, _models[text.Length % _models.Length]).ToJson();
}
