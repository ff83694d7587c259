using System.Text.Json;

using FlowEngine.Settings;

namespace FlowEngine.Architecture;

/// <summary>What the distribution of a model depends on beside its weights: a class, or a vector of numbers.</summary>
/// <param name="Length">Numbers of a datum's condition, N: as many as there are classes, or columns.</param>
/// <param name="IsClass">True for classes 0 to N - 1, whose condition is a one-hot row.</param>
/// <param name="Into">What reads it.</param>
public sealed record ConditionOptions(int Length, bool IsClass, ConditionInto Into)
{
    private const int MaximumLength = 1 << 14;

    /// <summary>The description of <see cref="Into"/>; its default is the kind's.</summary>
    public static ChoiceSetting<ConditionOptions, ConditionInto> IntoSetting { get; } = new(
        "into",
        [("prior", ConditionInto.Prior), ("networks", ConditionInto.Networks), ("both", ConditionInto.Both)],
        o => o.Into,
        (o, v) => o with { Into = v },
        "What reads the condition: the priors of the latents, the networks of the layers, or both");

    /// <summary>True if the priors read it.</summary>
    public bool IntoPrior => Into != ConditionInto.Networks;

    /// <summary>True if the networks read it.</summary>
    public bool IntoNetworks => Into != ConditionInto.Prior;

    /// <summary>In a few words, for people.</summary>
    public string Summary => $"{What} into {(Into == ConditionInto.Both ? "prior and networks" : PlaceName)}";

    /// <summary>Only the condition, in words.</summary>
    internal string What => IsClass ? $"{Length} classes" : $"{Length} condition columns";

    private string PlaceName => IntoSetting.Text(Into);

    /// <summary>The conditions of classes: one-hot rows.</summary>
    /// <param name="labels">Classes, 0 to N - 1.</param>
    /// <param name="source">What has them, for messages.</param>
    /// <returns>(labels, N).</returns>
    /// <exception cref="FlowException">A label is none of the classes, or the condition is a vector.</exception>
    public float[] OneHot(ReadOnlySpan<int> labels, string source = "labels")
    {
        if (!IsClass)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"the model is conditional on {What}, which no label gives");
        }

        float[] rows = new float[SizeCheck.ArrayLength($"{labels.Length} labels of {Length} classes", labels.Length, Length)];
        for (int i = 0; i < labels.Length; i++)
        {
            rows[((long)i * Length) + Class(labels[i], $"{source}: label {i}")] = 1;
        }

        return rows;
    }

    /// <summary>Checks a class.</summary>
    internal int Class(int label, string name) => (uint)label < (uint)Length
        ? label
        : throw new FlowException(
            FlowErrorKind.InvalidArgument, $"{name} is {label}, expected one of the model's classes 0 to {Length - 1}");

    /// <summary>Checks the length.</summary>
    /// <exception cref="FlowException">It is out of range.</exception>
    internal void Validate()
    {
        int least = IsClass ? 2 : 1;
        if (Length < least || Length > MaximumLength)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"there are {Length} {(IsClass ? "classes" : "condition columns")}, expected {least} to {MaximumLength}");
        }
    }

    /// <summary>Writes them into an open JSON object.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("condition");
        json.WriteNumber(IsClass ? "classes" : "columns", Length);
        json.WriteString("into", PlaceName);
        json.WriteEndObject();
    }

    /// <summary>The condition in a JSON object; null where there is none.</summary>
    /// <param name="json">The object.</param>
    /// <param name="otherwise">What reads it where the object does not say.</param>
    internal static ConditionOptions? Read(JsonElement json, ConditionInto otherwise)
    {
        if (!json.TryGetProperty("condition", out JsonElement condition))
        {
            return null;
        }

        bool isClass = condition.TryGetProperty("classes", out JsonElement length);
        return new ConditionOptions(
            isClass ? length.GetInt32() : condition.GetProperty("columns").GetInt32(),
            isClass,
            condition.TryGetProperty("into", out JsonElement into) ? (ConditionInto)IntoSetting.Read(into)! : otherwise);
    }
}
