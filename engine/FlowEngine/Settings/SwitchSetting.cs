using System.Runtime.InteropServices;
using System.Text.Json;

namespace FlowEngine.Settings;

/// <summary>On or off; off is the default.</summary>
/// <typeparam name="TOptions">The record it belongs to.</typeparam>
/// <param name="name">Its key in JSON.</param>
/// <param name="get">Reads it.</param>
/// <param name="with">Replaces it.</param>
/// <param name="help">What it is.</param>
public sealed class SwitchSetting<TOptions>(
    string name, Func<TOptions, bool> get, Func<TOptions, bool, TOptions> with, string help)
    : Setting(name, help)
    where TOptions : class
{
    /// <inheritdoc/>
    public override string Type => "boolean";

    /// <inheritdoc/>
    public override string Expected => "true or false";

    /// <inheritdoc/>
    public override int NativeLength => sizeof(int);

    /// <inheritdoc/>
    public override object? Get(object options) => get((TOptions)options);

    /// <inheritdoc/>
    public override object With(object options, object? value) => with((TOptions)options, (bool)value!);

    /// <inheritdoc/>
    public override object? Parse(string text, string label) =>
        bool.TryParse(text, out bool value) ? value : throw Refuse(label, text);

    /// <inheritdoc/>
    public override string Text(object? value) => (bool)value! ? "true" : "false";

    /// <inheritdoc/>
    public override void Check(object options)
    {
    }

    /// <inheritdoc/>
    public override object? Read(JsonElement json) => json.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? json.GetBoolean()
        : throw new FormatException($"{Name} is {json.GetRawText()}, expected {Expected}");

    /// <inheritdoc/>
    public override void WriteValue(Utf8JsonWriter json, object? value) => json.WriteBooleanValue((bool)value!);

    /// <inheritdoc/>
    public override object? ReadNative(ReadOnlySpan<byte> field) => MemoryMarshal.Read<int>(field) != 0;

    /// <inheritdoc/>
    public override void WriteNative(object? value, Span<byte> field) => MemoryMarshal.Write(field, value is true ? 1 : 0);
}
