using System.Text;
using System.Text.Json;

using FlowEngine.Settings;

namespace FlowEngine.Architecture;

/// <summary>A list of transforms: in JSON an array of objects, each with its <c>type</c> and its options.</summary>
internal sealed class TransformsSetting() : Setting("transforms", "The transforms, from the data to the latents, as JSON")
{
    private const int Most = 4096;

    /// <inheritdoc/>
    public override string Type => "list";

    /// <inheritdoc/>
    public override string Expected => $"1 to {Most} objects such as {{\"type\": \"{TransformKind.All[0].Name}\"}}";

    /// <inheritdoc/>
    public override int NativeLength => 0;

    /// <inheritdoc/>
    public override object? Get(object options) => ((TransformsOptions)options).Transforms;

    /// <inheritdoc/>
    public override object With(object options, object? value) =>
        (TransformsOptions)options with { Transforms = (IReadOnlyList<Transform>)value! };

    /// <inheritdoc/>
    public override object? Parse(string text, string label)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{label} does not read: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public override string Text(object? value)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            WriteValue(json, value);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <inheritdoc/>
    public override void Check(object options)
    {
        IReadOnlyList<Transform> transforms = ((TransformsOptions)options).Transforms;
        if (transforms.Count is 0 or > Most)
        {
            throw Refuse(Label, $"a list of {transforms.Count}");
        }

        for (int i = 0; i < transforms.Count; i++)
        {
            try
            {
                foreach (Setting setting in TransformKind.Get(transforms[i].Type).Settings)
                {
                    setting.Check(transforms[i]);
                }
            }
            catch (FlowException exception)
            {
                throw new FlowException(exception.Kind, $"transform {i}: {exception.Message}", exception);
            }
        }
    }

    /// <inheritdoc/>
    public override object? Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException($"{Name} is of the JSON type {json.ValueKind}, expected {Expected}");
        }

        List<Transform> transforms = [];
        foreach (JsonElement element in json.EnumerateArray())
        {
            try
            {
                transforms.Add(ReadOne(element));
            }
            catch (Exception exception) when (exception is FormatException or FlowException)
            {
                throw new FormatException($"transform {transforms.Count}: {exception.Message}", exception);
            }
        }

        return transforms;
    }

    /// <inheritdoc/>
    public override void WriteValue(Utf8JsonWriter json, object? value)
    {
        json.WriteStartArray();
        foreach (Transform transform in (IReadOnlyList<Transform>)value!)
        {
            json.WriteStartObject();
            json.WriteString("type", transform.Type);
            foreach (Setting setting in TransformKind.Get(transform.Type).Settings)
            {
                setting.Write(json, transform);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <inheritdoc/>
    public override object? ReadNative(ReadOnlySpan<byte> field) => null;

    /// <inheritdoc/>
    public override void WriteNative(object? value, Span<byte> field)
    {
    }

    private static Transform ReadOne(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object
            || !json.TryGetProperty("type", out JsonElement type) || type.ValueKind != JsonValueKind.String)
        {
            throw new FormatException("expected an object with a type");
        }

        TransformKind kind = TransformKind.Get(type.GetString()!);
        Transform transform = new(kind.Name);
        foreach (JsonProperty property in json.EnumerateObject())
        {
            if (property.Name == "type")
            {
                continue;
            }

            Setting setting = kind.Settings.FirstOrDefault(setting => setting.Name == property.Name)
                ?? throw new FormatException(
                    $"{property.Name} is no option of the transform {kind.Name}, which has "
                    + (kind.Settings.Count == 0 ? "none" : string.Join(", ", kind.Settings.Select(known => known.Name))));
            transform = (Transform)setting.With(transform, setting.Read(property.Value));
        }

        return transform;
    }
}
