using System.Text.Json;

namespace FlowEngine.Models;

/// <summary>The kinds of models by name.</summary>
public static class ModelKinds
{
    private static readonly (string Name, Func<JsonElement, IModelOptions> Read)[] _all =
    [
        (GlowOptions.KindName, GlowOptions.Read),
        (RealNvpOptions.KindName, RealNvpOptions.Read),
        (AutoregressiveOptions.MafName, AutoregressiveOptions.ReadMaf),
        (AutoregressiveOptions.IafName, AutoregressiveOptions.ReadIaf),
        (NiceOptions.KindName, NiceOptions.Read),
        (DenseGlowOptions.KindName, DenseGlowOptions.Read),
    ];

    /// <summary>Every name that <see cref="IModelOptions.Kind"/> has.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. _all.Select(kind => kind.Name)];

    /// <summary>The options of a model, as <see cref="IModelOptions.Write"/> wrote them.</summary>
    /// <param name="kind">The kind of the model.</param>
    /// <param name="json">The object they were written into.</param>
    /// <exception cref="FormatException">There is no such kind, or a value is none the option has.</exception>
    /// <exception cref="KeyNotFoundException">An option is missing.</exception>
    /// <exception cref="InvalidOperationException">An option is of another JSON type.</exception>
    public static IModelOptions Read(string kind, JsonElement json) =>
        _all.FirstOrDefault(known => known.Name == kind).Read?.Invoke(json)
        ?? throw new FormatException($"the model is \"{kind}\", expected one of {string.Join(", ", Names)}");
}
