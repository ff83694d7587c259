using System.Globalization;

namespace FlowEngine.KernelCompiler;

/// <summary>Writes constants so that C reads the same bits.</summary>
internal static class CLiteral
{
    /// <summary>A constant of a primitive type, or null if C has no such constant.</summary>
    public static CExpression? Of(object? value) => value switch
    {
        bool b => new(b ? "true" : "false"),
        int i => Int(i),
        uint u => new(Text(u) + "u"),
        long l => Long(l),
        ulong u => CExpression.Cast("u64", new(Text(u) + "u")),
        short s => CExpression.Cast("i16", Int(s)),
        ushort s => CExpression.Cast("u16", Int(s)),
        sbyte b => CExpression.Cast("i8", Int(b)),
        byte b => CExpression.Cast("u8", Int(b)),
        float f => Float(f),
        double d => Double(d),
        _ => null,
    };

    private static CExpression Int(int value) => value switch
    {
        int.MinValue => new("-2147483647 - 1", Precedence.Additive),
        < 0 => Negative(Text(value)),
        _ => new(Text(value)),
    };

    private static CExpression Long(long value) => CExpression.Cast("i64", value switch
    {
        long.MinValue => new("-9223372036854775807 - 1", Precedence.Additive),
        < 0 => Negative(Text(value)),
        _ => new(Text(value)),
    });

    private static CExpression Float(float value)
    {
        if (float.IsNaN(value))
        {
            return new("NAN_F32");
        }

        if (float.IsInfinity(value))
        {
            return value > 0 ? new("INF_F32") : Negative("-INF_F32");
        }

        // The fewest digits that read back the same; "R" differs between runtimes.
        string text = "";
        for (int digits = 7; digits <= 9; digits++)
        {
            text = value.ToString("G" + Text(digits), CultureInfo.InvariantCulture);
            if (float.Parse(text, CultureInfo.InvariantCulture) == value)
            {
                break;
            }
        }

        return Real(text, value == 0 ? 1 / value < 0 : value < 0, "f");
    }

    private static CExpression Double(double value)
    {
        if (double.IsNaN(value) || double.IsInfinity(value))
        {
            return CExpression.Cast("double", Float((float)value));
        }

        string text = "";
        for (int digits = 15; digits <= 17; digits++)
        {
            text = value.ToString("G" + Text(digits), CultureInfo.InvariantCulture);
            if (double.Parse(text, CultureInfo.InvariantCulture) == value)
            {
                break;
            }
        }

        return Real(text, value == 0 ? 1 / value < 0 : value < 0, "");
    }

    private static CExpression Real(string digits, bool negative, string suffix)
    {
        string text = digits.TrimStart('-');
        if (text.IndexOfAny(['.', 'E']) < 0)
        {
            text += ".0";
        }

        return negative ? Negative($"-{text}{suffix}") : new(text + suffix);
    }

    // A minus binds loosely here, so that no operator before it makes it a decrement.
    private static CExpression Negative(string text) => new(text, Precedence.Conditional);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
