using System.Text.Json;

namespace FlowEngine.Training;

/// <summary>Reads members of run folders that earlier versions wrote under another name.</summary>
internal static class JsonNames
{
    /// <summary>A member by its name, or else by its earlier name.</summary>
    /// <exception cref="KeyNotFoundException">There is neither.</exception>
    public static JsonElement GetProperty(this JsonElement json, string name, string earlier) =>
        json.TryGetProperty(name, out JsonElement value) ? value : json.GetProperty(earlier);
}
