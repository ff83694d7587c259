using System.Globalization;
using System.Numerics;

namespace FlowEngine.Settings;

/// <summary>
/// The one way in which text stands for a number, whatever the culture: digits and a decimal point, without marks between
/// thousands, and finite. What else there is, is refused and never read as another number.
/// </summary>
internal static class NumberText
{
    /// <summary>Reads a number.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The number.</param>
    /// <returns>False where the text stands for none.</returns>
    public static bool TryParse<T>(string text, out T value)
        where T : struct, INumber<T> =>
        T.TryParse(text, IsReal<T>() ? NumberStyles.Float : NumberStyles.Integer, CultureInfo.InvariantCulture, out value)
        && T.IsFinite(value);

    /// <summary>Reads a number.</summary>
    /// <param name="text">The text.</param>
    /// <param name="label">What an error calls it.</param>
    /// <exception cref="FlowException">It stands for none: the text, and what was expected.</exception>
    public static T Parse<T>(string text, string label)
        where T : struct, INumber<T> => TryParse(text, out T value)
            ? value
            : throw new FlowException(FlowErrorKind.InvalidArgument, $"{label} is {text}, expected {Expected<T>(text)}");

    /// <summary>True for a number with a comma where the point belongs.</summary>
    /// <param name="text">The text.</param>
    public static bool HasDecimalComma(string text) =>
        text.AsSpan().Count(',') == 1 && TryParse<double>(text.Replace(',', '.'), out _);

    private static string Expected<T>(string text)
        where T : struct, INumber<T> => !IsReal<T>() ? "a whole number"
            : HasDecimalComma(text) ? $"a number with a decimal point: {text.Replace(',', '.')}"
            : "a number";

    private static bool IsReal<T>() => typeof(T) == typeof(double);
}
