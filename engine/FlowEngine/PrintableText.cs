using System.Globalization;
using System.Text;

namespace FlowEngine;

/// <summary>Text that may come from a file, as one line that a terminal shows and does not obey.</summary>
internal static class PrintableText
{
    /// <summary>The most characters of a message.</summary>
    internal const int LongestMessage = 2000;

    private const string Gap = " ... ";

    /// <summary>
    /// The text with what is not printable as escapes: line ends and other control characters, separators, and marks that
    /// turn the direction of what follows. Of a long one the middle is left out.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="longest">The most characters of the result, at least 16.</param>
    internal static string OneLine(string text, int longest = LongestMessage)
    {
        string shown = Shortened(text, longest);
        return shown.EnumerateRunes().All(IsPrintable) ? shown : Shortened(Escaped(shown), longest);
    }

    /// <summary>The start and the end of a text that is too long.</summary>
    private static string Shortened(string text, int longest)
    {
        if (text.Length <= longest)
        {
            return text;
        }

        // What was expected and what to do stand at the end of a message.
        int tail = longest / 4;
        int head = longest - tail - Gap.Length;
        head -= char.IsHighSurrogate(text[head - 1]) ? 1 : 0;
        int rest = text.Length - tail;
        rest += char.IsLowSurrogate(text[rest]) ? 1 : 0;
        return string.Concat(text.AsSpan(0, head), Gap, text.AsSpan(rest));
    }

    private static string Escaped(string text)
    {
        StringBuilder escaped = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsPrintable(rune))
            {
                escaped.Append(rune);
            }
            else
            {
                escaped.Append(rune.Value switch
                {
                    '\n' => "\\n",
                    '\r' => "\\r",
                    '\t' => "\\t",
                    _ => FormattableString.Invariant($"\\u{{{rune.Value:x}}}"),
                });
            }
        }

        return escaped.ToString();
    }

    private static bool IsPrintable(Rune rune) => rune.IsAscii
        ? rune.Value is >= ' ' and <= '~'
        : Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
