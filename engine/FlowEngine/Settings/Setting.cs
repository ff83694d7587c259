using System.Text.Json;

namespace FlowEngine.Settings;

/// <summary>
/// One option of a model or of its training, described once: the command's option and its help, JSON, the C struct and
/// Python's argument follow from it.
/// </summary>
/// <remarks>
/// Options are records. A value is an object here: a number, a truth value, or the value of a choice; null stands for none.
/// </remarks>
public abstract class Setting
{
    /// <summary>Creates a description.</summary>
    /// <param name="name">Its key in JSON, in lower snake case.</param>
    /// <param name="help">What it is, for people.</param>
    private protected Setting(string name, string help)
    {
        Name = name;
        Help = help;
        NativeName = name;
        Label = name.Replace('_', ' ');
        Option = "--" + name.Replace('_', '-');
    }

    /// <summary>The key in JSON.</summary>
    public string Name { get; }

    /// <summary>What it is, for people.</summary>
    public string Help { get; }

    /// <summary>The key that earlier releases wrote; the command takes it, too. Null for none.</summary>
    public string? FormerName { get; init; }

    /// <summary>What C and Python call it.</summary>
    public string NativeName { get; init; }

    /// <summary>What errors call it.</summary>
    public string Label { get; init; }

    /// <summary>The command's option; null where the command has none.</summary>
    public string? Option { get; init; }

    /// <summary>The default in words where it depends on the data; null where it does not.</summary>
    public string? DefaultHelp { get; init; }

    /// <summary>What a file means that was written before the option was there; null where it always was.</summary>
    public object? InOlderFiles { get; init; }

    /// <summary>True for what the data decide and no default can: sizes, grey levels, conditions.</summary>
    public bool IsOfData { get; init; }

    /// <summary>The type of a value: <c>integer</c>, <c>number</c>, <c>boolean</c>, <c>choice</c> or <c>object</c>.</summary>
    public abstract string Type { get; }

    /// <summary>The values it may have, in words.</summary>
    public abstract string Expected { get; }

    /// <summary>The names of a choice; empty for other settings.</summary>
    public virtual IReadOnlyList<string> Names => [];

    /// <summary>Its bytes in a C struct; 0 where it is in none.</summary>
    public abstract int NativeLength { get; }

    /// <summary>The value in some options; null for none.</summary>
    /// <param name="options">The options, of the type that was described.</param>
    public abstract object? Get(object options);

    /// <summary>The options with another value.</summary>
    /// <param name="options">The options, of the type that was described.</param>
    /// <param name="value">The value; null for none.</param>
    public abstract object With(object options, object? value);

    /// <summary>The value that a text stands for.</summary>
    /// <param name="text">The text.</param>
    /// <param name="label">What an error calls it.</param>
    /// <exception cref="FlowException">It stands for none: the text, and what was expected.</exception>
    public abstract object? Parse(string text, string label);

    /// <summary>A value as <see cref="Parse"/> reads it.</summary>
    /// <param name="value">The value.</param>
    public abstract string Text(object? value);

    /// <summary>Checks the range of the value in some options.</summary>
    /// <param name="options">The options, of the type that was described.</param>
    /// <exception cref="FlowException">It is out of range: what it is, and what was expected.</exception>
    public abstract void Check(object options);

    /// <summary>The value under a JSON key.</summary>
    /// <param name="json">The value there.</param>
    /// <exception cref="FormatException">The option does not take it.</exception>
    public abstract object? Read(JsonElement json);

    /// <summary>Writes a value.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="value">The value.</param>
    public abstract void WriteValue(Utf8JsonWriter json, object? value);

    /// <summary>The value in a field of a C struct; null for 0, which stands for the default.</summary>
    /// <param name="field">The bytes of the field.</param>
    /// <exception cref="FlowException">The option does not take it.</exception>
    public abstract object? ReadNative(ReadOnlySpan<byte> field);

    /// <summary>Writes a value into a field of a C struct.</summary>
    /// <param name="value">The value; null for none.</param>
    /// <param name="field">The bytes of the field.</param>
    public abstract void WriteNative(object? value, Span<byte> field);

    /// <summary>Writes key and value into an open JSON object; nothing where there is none.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="options">The options, of the type that was described.</param>
    public void Write(Utf8JsonWriter json, object options)
    {
        if (Get(options) is object value)
        {
            json.WritePropertyName(Name);
            WriteValue(json, value);
        }
    }

    /// <summary>An error of a value.</summary>
    private protected FlowException Refuse(string label, string found) => new(
        FlowErrorKind.InvalidArgument, $"{label} is {found}, expected {Expected}");
}
