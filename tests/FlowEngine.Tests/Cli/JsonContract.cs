using System.Text.Json;
using System.Text.RegularExpressions;

using FlowEngine.Tests.KernelCompiler;

using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>The members of JSON output that a section of <c>docs/json.md</c> promises.</summary>
internal sealed partial class JsonContract
{
    private const string Always = "always";

    private readonly (string Path, string Type, string[] Conditions)[] _members;

    private JsonContract((string, string, string[])[] members) => _members = members;

    /// <summary>Reads the table under a heading.</summary>
    public static JsonContract Of(string heading)
    {
        string[] table =
        [
            .. File.ReadLines(ProjectFolder.Path("docs", "json.md"))
                .SkipWhile(line => line.TrimStart('#', ' ') != heading)
                .Skip(1)
                .TakeWhile(line => !line.StartsWith('#'))
                .Where(line => line.StartsWith("| `", StringComparison.Ordinal)),
        ];
        Assert.NotEmpty(table);
        return new JsonContract([.. table.Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => (cells[1].Trim('`'), cells[2], cells[4].Split(", ")))]);
    }

    /// <summary>Checks that an object has the members that are there under some conditions, and no other.</summary>
    public void AssertHolds(string json, params string[] conditions)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        ILookup<string, JsonElement> found = Leaves(document.RootElement, string.Empty)
            .ToLookup(leaf => leaf.Path, leaf => leaf.Value);
        (string Path, string Type, string[])[] expected =
            [.. _members.Where(member => member.Conditions.Except(conditions).All(condition => condition == Always))];
        Assert.Equal(
            expected.Select(member => member.Path).Order(StringComparer.Ordinal),
            found.Select(group => group.Key).Order(StringComparer.Ordinal));
        foreach ((string path, string type, _) in expected)
        {
            Assert.All(found[path], value => Assert.True(IsOf(type, value), $"{path} is {value}, documented as {type}"));
        }
    }

    private static IEnumerable<(string Path, JsonElement Value)> Leaves(JsonElement json, string path) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => json.EnumerateObject().SelectMany(member => Leaves(
                member.Value, (path.Length > 0 ? $"{path}." : path) + Level().Replace(member.Name, "_N"))),
            JsonValueKind.Array => json.EnumerateArray().SelectMany(element => Leaves(element, $"{path}[]")),
            _ => [(path, json)],
        };

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        "number or null" => value.ValueKind is JsonValueKind.Number or JsonValueKind.Null,
        _ => false,
    };

    [GeneratedRegex("_[0-9]+$")]
    private static partial Regex Level();
}
