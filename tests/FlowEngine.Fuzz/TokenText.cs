using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FlowEngine.Fuzz;

/// <summary>Texts of a format, taken apart into numbers, quoted texts, words and marks, and put together with damage.</summary>
internal sealed partial class TokenText
{
    private static readonly byte[][] _junk =
    [
        .. ((string[])
        [
            "\u001b[31m", "\0", "\u009b", "\u202e", "\ufeff", "\\ud800", "\\u0000", "\\n", "\n", "\r\n", "\t", ";", ",", "\"", "'",
            "=cmd()", "@", "../../x", "__metadata__", "null", "true", "{}", "[]", "[[", "}", "NaN", "-Infinity", "1e999", "1e-400",
            "0x10", "1.0", "-0", "00", "1,5", "\"\"", "%s%n", "\u00e9", "漢😀",
        ]).Select(Encoding.UTF8.GetBytes),
        [0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xFF], [.. Enumerable.Repeat((byte)'x', 300)],
        [.. Enumerable.Repeat((byte)'[', 80)], [.. Enumerable.Repeat((byte)'9', 400)],
    ];

    private readonly byte[][][] _texts;
    private readonly byte[][] _pool;
    private readonly List<byte[]> _tokens = [];

    /// <summary>Takes texts apart.</summary>
    public TokenText(params string[] texts)
    {
        _texts = [.. texts.Select(text => Tokens().Matches(text).Select(token => Encoding.UTF8.GetBytes(token.Value)).ToArray())];
        _pool = [.. _texts.SelectMany(tokens => tokens).DistinctBy(Convert.ToHexString)];
    }

    /// <summary>How many texts there are.</summary>
    public int Count => _texts.Length;

    /// <summary>Writes a text with so many edits.</summary>
    /// <param name="dice">Makes the choices.</param>
    /// <param name="text">Which of the texts.</param>
    /// <param name="edits">How many edits.</param>
    /// <param name="output">Where it goes.</param>
    public void Write(Dice dice, int text, int edits, Output output)
    {
        _tokens.Clear();
        _tokens.AddRange(_texts[text]);
        for (int i = 0; i < edits && _tokens.Count > 0; i++)
        {
            Edit(dice);
        }

        foreach (byte[] token in _tokens)
        {
            output.Add(token);
        }
    }

    [GeneratedRegex("""-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?|"(\\.|[^"\\])*"|'[^']*'|[\p{L}_]+|\s+|.""", RegexOptions.Singleline)]
    private static partial Regex Tokens();

    private void Edit(Dice dice)
    {
        int at = dice.Below(_tokens.Count);
        int count = 1 + dice.Below(Math.Min(8, _tokens.Count - at));
        switch (dice.Below(10))
        {
            case 0 or 1 or 2:
                int number = _tokens.FindIndex(at, IsNumber);
                _tokens[number < 0 ? at : number] = Number(dice);
                break;
            case 3 or 4:
                byte[] other = dice.Pick(_pool);
                int same = _tokens.FindIndex(at, token => token[0] == other[0]);
                _tokens[same < 0 ? at : same] = other;
                break;
            case 5:
                _tokens.RemoveRange(at, count);
                break;
            case 6:
                _tokens.InsertRange(dice.Below(_tokens.Count), [.. _tokens.GetRange(at, count)]);
                break;
            case 7:
                _tokens.Insert(at, dice.Pick(_junk));
                break;
            case 8:
                int with = dice.Below(_tokens.Count);
                (_tokens[at], _tokens[with]) = (_tokens[with], _tokens[at]);
                break;
            default:
                _tokens[at] = dice.OneIn(2) ? dice.Pick(_junk) : dice.Pick(_pool);
                break;
        }
    }

    private static bool IsNumber(byte[] token) => char.IsAsciiDigit((char)token[^1]) && token[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9');

    private static byte[] Number(Dice dice) => dice.OneIn(8)
        ? dice.Pick(_junk)
        : Encoding.ASCII.GetBytes(dice.Odd().ToString(CultureInfo.InvariantCulture));
}
