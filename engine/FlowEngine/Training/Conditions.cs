using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Training;

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

    /// <summary>How many classes labels tell of: one more than the largest.</summary>
    /// <param name="labels">The labels of the training data; null where there are none.</param>
    /// <param name="source">The data, for messages.</param>
    /// <exception cref="FlowException">There are no labels, or one is negative.</exception>
    public static int CountClasses(int[]? labels, string source) => labels is { Length: > 0 } && labels.Min() >= 0
        ? labels.Max() + 1
        : throw new FlowException(
            FlowErrorKind.InvalidArgument,
            $"{source} has no labels to be conditional on, expected classes 0, 1, ...");

    /// <summary>How many data each class has.</summary>
    /// <param name="condition">The classes.</param>
    /// <param name="labels">The label of each datum.</param>
    /// <param name="source">The data, for messages.</param>
    /// <exception cref="FlowException">A label is none of the classes.</exception>
    public static long[] Count(ConditionOptions condition, ReadOnlySpan<int> labels, string source)
    {
        long[] counts = new long[condition.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            counts[condition.Class(labels[i], $"{source}: label {i}")]++;
        }

        return counts;
    }

    private static FlowException Missing(string source, string what, ConditionOptions condition) => new(
        FlowErrorKind.InvalidArgument, $"{source} has no {what}, and the model is conditional on {condition.What}");
}
