using System.CommandLine;
using System.Globalization;

namespace FlowEngine.Cli;

/// <summary>Options that hold numbers with commas between.</summary>
internal static class NumberLists
{
    private const int Most = 1 << 12;

    /// <summary>Whole numbers of an option.</summary>
    /// <exception cref="FlowException">Something else stands there.</exception>
    public static int[] Whole(ParseResult parse, Option<string?> option, int[] otherwise)
    {
        int[] numbers = parse.GetValue(option) is not string text ? otherwise :
        [
            .. text.Split(',').Select(part =>
                int.TryParse(part, NumberStyles.Integer, CultureInfo.InvariantCulture, out int value)
                    ? value
                    : throw new FlowException(
                        FlowErrorKind.InvalidArgument,
                        $"{option.Name} holds '{part}', expected whole numbers with commas between")),
        ];
        return numbers.Length <= Most
            ? numbers
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{option.Name} has {numbers.Length} numbers, expected at most {Most}");
    }

    /// <summary>Numbers of an option.</summary>
    /// <exception cref="FlowException">Something else stands there.</exception>
    public static double[] Real(ParseResult parse, Option<string?> option, double[] otherwise) =>
        parse.GetValue(option) is not string text ? otherwise :
        [
            .. text.Split(',').Select(part =>
                double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                    ? value
                    : throw new FlowException(
                        FlowErrorKind.InvalidArgument,
                        $"{option.Name} holds '{part}', expected numbers with commas between")),
        ];
}
