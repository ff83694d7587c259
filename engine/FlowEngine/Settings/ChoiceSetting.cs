using System.Runtime.InteropServices;
using System.Text.Json;

namespace FlowEngine.Settings;

/// <summary>One of a few named values; in C their positions, and the first, which is the default, is 0.</summary>
/// <typeparam name="TOptions">The record it belongs to.</typeparam>
/// <typeparam name="T">Its type.</typeparam>
/// <param name="name">Its key in JSON.</param>
/// <param name="choices">The values by name.</param>
/// <param name="get">Reads it.</param>
/// <param name="with">Replaces it.</param>
/// <param name="help">What it is.</param>
public sealed class ChoiceSetting<TOptions, T>(
    string name,
    IReadOnlyList<(string Name, T Value)> choices,
    Func<TOptions, T> get,
    Func<TOptions, T, TOptions> with,
    string help)
    : Setting(name, help)
    where TOptions : class
{
    /// <inheritdoc/>
    public override string Type => "choice";

    /// <inheritdoc/>
    public override string Expected => string.Join(" or ", Names);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; } = [.. choices.Select(choice => choice.Name)];

    /// <inheritdoc/>
    public override int NativeLength => sizeof(int);

    /// <inheritdoc/>
    public override object? Get(object options) => get((TOptions)options);

    /// <inheritdoc/>
    public override object With(object options, object? value) => with((TOptions)options, (T)value!);

    /// <inheritdoc/>
    public override object? Parse(string text, string label) =>
        IndexOf(text) is int index and >= 0 ? choices[index].Value : throw Refuse(label, text);

    /// <inheritdoc/>
    public override string Text(object? value) => choices[IndexOf(value)].Name;

    /// <inheritdoc/>
    public override void Check(object options)
    {
        if (IndexOf(Get(options)) < 0)
        {
            throw Refuse(Label, $"{Get(options)}");
        }
    }

    /// <inheritdoc/>
    public override object? Read(JsonElement json) =>
        json.ValueKind == JsonValueKind.String && IndexOf(json.GetString()!) is int index and >= 0
            ? choices[index].Value
            : throw new FormatException(
                $"{Name} is {json.GetRawText()}, expected {string.Join(" or ", Names.Select(known => $"\"{known}\""))}");

    /// <inheritdoc/>
    public override void WriteValue(Utf8JsonWriter json, object? value) => json.WriteStringValue(Text(value));

    /// <inheritdoc/>
    public override object? ReadNative(ReadOnlySpan<byte> field)
    {
        int index = MemoryMarshal.Read<int>(field);
        return (uint)index < (uint)choices.Count
            ? choices[index].Value
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{NativeName} is {index}, expected 0 to {choices.Count - 1}");
    }

    /// <inheritdoc/>
    public override void WriteNative(object? value, Span<byte> field) => MemoryMarshal.Write(field, IndexOf(value));

    // Run folders of earlier releases have capitals.
    private int IndexOf(string text) =>
        Names.ToList().FindIndex(known => known.Equals(text, StringComparison.OrdinalIgnoreCase));

    private int IndexOf(object? value) => choices.ToList().FindIndex(choice => Equals(choice.Value, value));
}
