using System.Text.Json;

namespace FlowEngine.Models;

/// <summary>Values of a few choices as JSON text.</summary>
internal static class JsonChoice
{
    /// <summary>The value whose name stands under a key.</summary>
    /// <exception cref="FormatException">It is none of the names.</exception>
    public static T Read<T>(JsonElement parent, string key, params (string Name, T Value)[] choices)
    {
        string? text = parent.GetProperty(key).GetString();
        int index = Array.FindIndex(choices, choice => choice.Name == text);
        return index >= 0
            ? choices[index].Value
            : throw new FormatException(
                $"{key} is \"{text}\", expected {string.Join(" or ", choices.Select(choice => $"\"{choice.Name}\""))}");
    }
}
