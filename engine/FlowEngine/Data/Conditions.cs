using FlowEngine.Architecture;

namespace FlowEngine.Data;

/// <summary>The conditions of data sets, as a model takes them.</summary>
public static class Conditions
{
    /// <summary>The conditions of samples: one-hot rows of their labels, or the values they come with.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">The samples.</param>
    /// <returns>(Count, N); empty where the model has none.</returns>
    /// <exception cref="FlowException">There are none, or a label is none of the model's classes.</exception>
    public static float[] Of(IModelOptions model, IDataset data) => model.Condition switch
    {
        null => [],
        { IsClass: true } condition => condition.OneHot(
            data.Labels ?? throw Missing(data.Name, "labels", condition), data.Name),
        ConditionOptions condition => data.Conditions ?? throw Missing(data.Name, "condition columns", condition),
    };

    private static FlowException Missing(string source, string what, ConditionOptions condition) => new(
        FlowErrorKind.InvalidArgument, $"{source} has no {what}, and the model is conditional on {condition.What}");
}
