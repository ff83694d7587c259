using System.Text;
using System.Text.Json;

namespace FlowEngine.Architecture;

/// <summary>The kinds of models by name.</summary>
public static class ModelKinds
{
    private static readonly Lock _lock = new();

    private static volatile ModelKind[] _all =
    [
        GlowOptions.Description,
        RealNvpOptions.Description,
        AutoregressiveOptions.MafDescription,
        AutoregressiveOptions.IafDescription,
        NiceOptions.Description,
        DenseGlowOptions.Description,
        SplineOptions.Description,
        TransformsOptions.Description,
    ];

    /// <summary>Every kind.</summary>
    public static IReadOnlyList<ModelKind> All => _all;

    /// <summary>The names of all kinds.</summary>
    public static IReadOnlyList<string> Names => [.. _all.Select(kind => kind.Name)];

    /// <summary>Adds a kind: from then on its models are built, read and trained as any other's.</summary>
    /// <param name="kind">The kind.</param>
    /// <exception cref="FlowException">There is one of that name.</exception>
    public static void Register(ModelKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        lock (_lock)
        {
            if (Names.Contains(kind.Name))
            {
                throw new FlowException(FlowErrorKind.InvalidArgument, $"there is a model {kind.Name} already");
            }

            _all = [.. _all, kind];
        }
    }

    /// <summary>A kind by its name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="FlowException">There is no such kind: which there are.</exception>
    public static ModelKind Get(string name) => Find(name)
        ?? throw new FlowException(
            FlowErrorKind.InvalidArgument, $"there is no model {name}; expected one of {string.Join(", ", Names)}");

    /// <summary>The options of a model described by a JSON text.</summary>
    /// <param name="json">
    /// An object with <c>model</c>, the kind; <c>channels</c>, of images <c>height</c> and <c>width</c>; and what is to differ
    /// from the kind's defaults, by the names of its <see cref="ModelKind.Settings"/>, and <c>condition</c>. Defaults follow
    /// <c>extreme_share</c>, too: <see cref="DataShape.ExtremeShare"/>.
    /// </param>
    /// <exception cref="FlowException">The text is no such object, or the options do not fit each other.</exception>
    public static IModelOptions Parse(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            string name = root.TryGetProperty("model", out JsonElement model)
                ? model.GetString() ?? string.Empty
                : throw new FormatException("model is missing");
            ModelKind kind = Get(name);
            foreach (JsonProperty property in root.EnumerateObject())
            {
                if (property.Name is not ("model" or "condition" or ModelKind.ExtremeShareKey))
                {
                    kind.Find(property.Name);
                }
            }

            IModelOptions options = kind.Read(root, isWhole: false);
            options.Validate();
            return options;
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException
            or KeyNotFoundException)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"the description of the model does not read: {exception.Message}", exception);
        }
    }

    /// <summary>The options of a model as a JSON text, which <see cref="Parse"/> reads.</summary>
    /// <param name="options">The options.</param>
    public static string ToJson(IModelOptions options)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            options.Kind.Write(json, options);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>The options of a model, as <see cref="ModelKind.Write"/> wrote them.</summary>
    /// <param name="json">The object they were written into.</param>
    /// <exception cref="FormatException">There is no such kind, an option is missing, or the option does not take a value.</exception>
    internal static IModelOptions Read(JsonElement json)
    {
        string? name = json.GetProperty("model").GetString();
        ModelKind kind = Find(name) ?? throw new FormatException(
            $"the model is \"{name}\", expected one of {string.Join(", ", Names)}");
        return kind.Read(json, isWhole: true);
    }

    private static ModelKind? Find(string? name) => _all.FirstOrDefault(kind => kind.Name == name);
}
