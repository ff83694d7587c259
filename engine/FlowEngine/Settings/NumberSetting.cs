using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FlowEngine.Settings;

/// <summary>A number in a range.</summary>
/// <typeparam name="TOptions">The record it belongs to.</typeparam>
/// <typeparam name="T">Its type: int, long, ulong or double.</typeparam>
public sealed class NumberSetting<TOptions, T> : Setting
    where TOptions : class
    where T : unmanaged, INumber<T>, IMinMaxValue<T>
{
    private readonly Func<TOptions, T?> _get;
    private readonly Func<TOptions, T?, TOptions> _with;
    private readonly string? _expected;

    /// <summary>Describes a number.</summary>
    /// <param name="name">Its key in JSON.</param>
    /// <param name="range">The least and the largest value.</param>
    /// <param name="get">Reads it.</param>
    /// <param name="with">Replaces it.</param>
    /// <param name="help">What it is.</param>
    /// <param name="expected">The range in words; null for "least to largest".</param>
    public NumberSetting(
        string name,
        (T Least, T Largest) range,
        Func<TOptions, T> get,
        Func<TOptions, T, TOptions> with,
        string help,
        string? expected = null)
        : this(name, range, options => get(options), (options, value) => with(options, value!.Value), help, expected)
    {
        IsOptional = false;
    }

    /// <summary>Describes a number that may be left out.</summary>
    /// <inheritdoc cref="NumberSetting{TOptions, T}(string, ValueTuple{T, T}, Func{TOptions, T}, Func{TOptions, T, TOptions}, string, string?)"/>
    public NumberSetting(
        string name,
        (T Least, T Largest) range,
        Func<TOptions, T?> get,
        Func<TOptions, T?, TOptions> with,
        string help,
        string? expected = null)
        : base(name, help)
    {
        (Least, Largest) = range;
        (_get, _with, _expected) = (get, with, expected);
        IsOptional = true;
    }

    /// <summary>The least value.</summary>
    public T Least { get; }

    /// <summary>The largest value.</summary>
    public T Largest { get; }

    /// <summary>True if it may be none.</summary>
    public bool IsOptional { get; }

    /// <inheritdoc/>
    public override string Type => typeof(T) == typeof(double) ? "number" : "integer";

    /// <inheritdoc/>
    public override string Expected => _expected ?? $"{Text(Least)} to {Text(Largest)}";

    /// <inheritdoc/>
    public override int NativeLength => Unsafe.SizeOf<T>();

    /// <inheritdoc/>
    public override object? Get(object options) => _get((TOptions)options);

    /// <inheritdoc/>
    public override object With(object options, object? value) => _with((TOptions)options, (T?)value);

    /// <inheritdoc/>
    public override object? Parse(string text, string label) => NumberText.Parse<T>(text, label);

    /// <inheritdoc/>
    public override string Text(object? value) => ((T)value!).ToString(null, CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override void Check(object options)
    {
        // A NaN is in no range.
        if (Get(options) is T value && !(value >= Least && value <= Largest))
        {
            throw Refuse(Label, Text(value));
        }
    }

    /// <inheritdoc/>
    public override object? Read(JsonElement json)
    {
        try
        {
            return typeof(T) == typeof(double) ? T.CreateChecked(json.GetDouble())
                : typeof(T) == typeof(ulong) ? T.CreateChecked(json.GetUInt64())
                : T.CreateChecked(json.GetInt64());
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or OverflowException)
        {
            throw new FormatException($"{Name} is {json.GetRawText()}, expected {Expected}", exception);
        }
    }

    /// <inheritdoc/>
    public override void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case double number:
                json.WriteNumberValue(number);
                break;
            case ulong number:
                json.WriteNumberValue(number);
                break;
            default:
                json.WriteNumberValue(long.CreateChecked((T)value!));
                break;
        }
    }

    /// <summary>The value in a field; a negative one stands for 0 where 0 is a value of its own.</summary>
    /// <param name="field">The bytes of the field.</param>
    public override object? ReadNative(ReadOnlySpan<byte> field)
    {
        T value = MemoryMarshal.Read<T>(field);
        return T.IsZero(value) ? null : T.IsNegative(value) && T.IsZero(Least) ? T.Zero : value;
    }

    /// <inheritdoc/>
    public override void WriteNative(object? value, Span<byte> field) =>
        MemoryMarshal.Write(field, value is T number ? number : T.Zero);
}
