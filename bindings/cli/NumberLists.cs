using System.CommandLine;
using System.Numerics;

using FlowEngine.Settings;

namespace FlowEngine.Cli;

/// <summary>Options that hold numbers with commas between.</summary>
internal static class NumberLists
{
    private const int Most = 1 << 12;

    /// <summary>The numbers of an option.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="option">The option.</param>
    /// <param name="otherwise">The numbers where it is left out.</param>
    /// <exception cref="FlowException">Something else stands there, or there are too many.</exception>
    public static T[] Read<T>(ParseResult parse, Option<string?> option, T[] otherwise)
        where T : struct, INumber<T>
    {
        T[] numbers = parse.GetValue(option) is string text
            ? [.. text.Split(',').Select(part => NumberText.Parse<T>(part, $"a number of {option.Name} {text}"))]
            : otherwise;
        return numbers.Length <= Most
            ? numbers
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{option.Name} has {numbers.Length} numbers, expected at most {Most}");
    }
}
