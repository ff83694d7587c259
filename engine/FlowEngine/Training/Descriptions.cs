using System.Text;
using System.Text.Json;

using FlowEngine.Architecture;
using FlowEngine.Settings;

namespace FlowEngine.Training;

/// <summary>What there is to choose, as JSON: the kinds of models, the transforms and how a model is trained.</summary>
public static class Descriptions
{
    /// <summary>Everything, as one JSON object with <c>models</c>, <c>transforms</c> and <c>training</c>.</summary>
    public static string ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            Write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray("models");
        foreach (ModelKind kind in ModelKinds.All)
        {
            Write(json, kind);
        }

        json.WriteEndArray();
        json.WriteStartArray("transforms");
        foreach (TransformKind kind in TransformKind.All)
        {
            json.WriteStartObject();
            json.WriteString("name", kind.Name);
            json.WriteString("title", kind.Title);
            Write(json, "options", kind.Settings, new Transform(kind.Name), null);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Write(
            json,
            "training",
            TrainerOptions.Settings,
            TrainerOptions.Default(isContinuous: false),
            TrainerOptions.Default(isContinuous: true));
    }

    private static void Write(Utf8JsonWriter json, ModelKind kind)
    {
        IModelOptions defaults = kind.Defaults(kind.Example);
        json.WriteStartObject();
        json.WriteString("name", kind.Name);
        json.WriteString("title", kind.Title);
        json.WriteString("data", kind.Data == DataKind.Images ? "images" : "vectors");
        Write(json, "options", kind.Settings, defaults, null);
        json.WriteString("condition_into", ConditionOptions.IntoSetting.Text(kind.ConditionInto(defaults)));
        json.WriteStartArray("refuses");
        foreach ((ModelUse use, string reason) in kind.Refusals)
        {
            json.WriteStartObject();
            json.WriteString("use", JsonNamingPolicy.SnakeCaseLower.ConvertName(use.ToString()));
            json.WriteString("reason", reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(
        Utf8JsonWriter json, string key, IReadOnlyList<Setting> settings, object defaults, object? tableDefaults)
    {
        json.WriteStartArray(key);
        foreach (Setting setting in settings)
        {
            json.WriteStartObject();
            json.WriteString("name", setting.Name);
            json.WriteString("native_name", setting.NativeName);
            json.WriteString("help", setting.Help);
            json.WriteString("type", setting.Type);
            json.WriteNumber("native_length", setting.NativeLength);
            json.WriteString("expected", setting.Expected);
            json.WriteBoolean("is_of_data", setting.IsOfData);
            if (setting.Option is not null)
            {
                json.WriteString("option", setting.Option);
            }

            if (setting.Names.Count > 0)
            {
                json.WriteStartArray("names");
                foreach (string name in setting.Names)
                {
                    json.WriteStringValue(name);
                }

                json.WriteEndArray();
            }

            if (setting.DefaultHelp is not null)
            {
                json.WriteString("default_help", setting.DefaultHelp);
            }

            WriteDefault("default", defaults);
            WriteDefault("default_of_tables", tableDefaults);
            json.WriteEndObject();

            void WriteDefault(string name, object? options)
            {
                if (options is null || setting.IsOfData)
                {
                    return;
                }

                // A choice may have a name for none.
                object? value = setting.Get(options);
                if (value is not null || setting.Names.Count > 0)
                {
                    json.WritePropertyName(name);
                    setting.WriteValue(json, value);
                }
            }
        }

        json.WriteEndArray();
    }
}
