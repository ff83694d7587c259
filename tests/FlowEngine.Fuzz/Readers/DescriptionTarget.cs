using FlowEngine.Architecture;

namespace FlowEngine.Fuzz;

/// <summary>Descriptions of models as JSON, short ones and whole ones.</summary>
internal sealed class DescriptionTarget(string name) : TextTarget(
    name,
    [
        .. SmallModels.Descriptions,
        .. SmallModels.Descriptions.Select(description => ModelKinds.ToJson(ModelKinds.Parse(description))),
    ])
{
    protected override void Read(string text) => ModelKinds.ToJson(ModelKinds.Parse(text));
}
