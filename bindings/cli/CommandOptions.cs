using System.CommandLine;
using System.CommandLine.Parsing;
using System.Numerics;

using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Settings;

namespace FlowEngine.Cli;

/// <summary>Options that several commands have, and options whose errors are one plain line.</summary>
internal static class CommandOptions
{
    public static Argument<string> Checkpoint() => new("CHECKPOINT")
    {
        Description = "A checkpoint.safetensors, the folder of a run, or digits, the built-in model",
    };

    public static Option<string> Device() => new("--device")
    {
        Description = "Where to compute: auto, cpu, or a device that flow devices lists",
        DefaultValueFactory = _ => "auto",
    };

    /// <summary>The precision of GPUs; full where it is left out.</summary>
    public static Option<NetworkPrecision> Precision() => new("--precision")
    {
        HelpName = string.Join('|', PrecisionNames.All),
        Description = "A GPU rounds the factors of the networks' products to this format; sums and all else are "
            + $"fp32 [default: {PrecisionNames.All[0]}]",
        CustomParser = result =>
        {
            try
            {
                return PrecisionNames.Parse(result.Tokens[0].Value);
            }
            catch (FlowException exception)
            {
                result.AddError($"--{exception.Message}");
                return default;
            }
        },
    };

    public static Option<int> Threads() => Number("--threads", "CPU threads; 0 for one per core", 0);

    public static Option<ulong> Seed() => Number("--seed", "Seed of everything random", 0UL);

    public static Option<bool> Json(string description) => new("--json") { Description = description };

    /// <summary>Whether a CSV file has a header; found out where it is left out.</summary>
    public static Option<string?> Header() => Choice(
        "--header",
        "Tables: whether the first line of a CSV file has the names of the columns [default: detected, with a note]",
        ["yes", "no"]);

    /// <summary>What the command line says of a table.</summary>
    public static TableReading Format(ParseResult parse, Option<string?> label, Option<string?> header) => Table(
        parse.GetValue(label), parse.GetValue(header) is string answer ? answer == "yes" : null);

    /// <summary>How the command reads a table.</summary>
    /// <param name="label">The label column; null for none, or that of the model.</param>
    /// <param name="hasHeader">Whether a CSV file has names of columns; null to find out.</param>
    public static TableReading Table(string? label = null, bool? hasHeader = null) => new(label, hasHeader, new ColumnarFormats());

    public static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description };

    /// <summary>A number with a default.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="defaultValue">Its value where it is left out.</param>
    /// <param name="earlierNames">Names of earlier versions, which still hold.</param>
    public static Option<T> Number<T>(
        string name, string description, T defaultValue, params string[] earlierNames)
        where T : struct, INumber<T> => new(name, earlierNames)
        {
            HelpName = "N",
            Description = description,
            DefaultValueFactory = _ => defaultValue,
            CustomParser = result => ParseNumber<T>(result, name) ?? default,
        };

    /// <summary>A number that may be left out; what it is then, the description says.</summary>
    /// <inheritdoc cref="Number{T}(string, string, T, string[])"/>
    public static Option<T?> Number<T>(string name, string description, params string[] earlierNames)
        where T : struct, INumber<T> => new(name, earlierNames)
        {
            HelpName = "N",
            Description = description,
            CustomParser = result => ParseNumber<T>(result, name),
        };

    /// <summary>One of the names of an enumeration, in lower case; the first where it is left out.</summary>
    public static Option<T> ChoiceOrFirst<T>(string name, string description)
        where T : struct, Enum => new(name)
        {
            HelpName = Names<T>("|"),
            Description = $"{description} [default: {NameOf(default(T))}]",
            CustomParser = result => ParseChoice<T>(result, name) ?? default,
        };

    /// <summary>One of the names of an enumeration, in lower case, that may be left out.</summary>
    public static Option<T?> Choice<T>(string name, string description)
        where T : struct, Enum => new(name)
        {
            HelpName = Names<T>("|"),
            Description = description,
            CustomParser = result => ParseChoice<T>(result, name),
        };

    /// <summary>One of some names, that may be left out.</summary>
    public static Option<string?> Choice(string name, string description, IReadOnlyList<string> names) => new(name)
    {
        HelpName = string.Join("|", names),
        Description = description,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (names.Contains(text))
            {
                return text;
            }

            result.AddError($"{name} is {text}, expected {string.Join(" or ", names)}");
            return null;
        },
    };

    /// <summary>Checks the name of a file to write, before anything is computed for it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The option that names it.</param>
    /// <param name="endings">The endings it may have, the first of which stands for none.</param>
    /// <returns>Its ending, in lower case.</returns>
    /// <exception cref="FlowException">Its folder is not there, or it has another ending.</exception>
    public static string RequireOutput(string path, Option option, params string[] endings)
    {
        OutputPath.Require(path);
        string ending = Path.GetExtension(path).ToLowerInvariant();
        return ending.Length == 0 ? endings[0] : endings.Contains(ending) ? ending : throw new FlowException(
            FlowErrorKind.InvalidArgument,
            $"{option.Name} is {path}, expected a name that ends in {string.Join(" or ", endings)}");
    }

    /// <summary>The command line as a shell takes it.</summary>
    public static string CommandLine(ParseResult parse) => string.Join(' ', parse.Tokens.Select(token => Quoted(token.Value)).Prepend("flow"));

    /// <summary>True if the option stands on the command line.</summary>
    public static bool IsGiven(ParseResult parse, Option option) => parse.GetResult(option) is { Implicit: false };

    /// <summary>The name an option takes for a value.</summary>
    public static string NameOf<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Quoted(string word) =>
        word.Length > 0 && word.All(letter => char.IsLetterOrDigit(letter) || "-_./,:=+%@".Contains(letter, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static T? ParseNumber<T>(ArgumentResult result, string name)
        where T : struct, INumber<T>
    {
        try
        {
            return NumberText.Parse<T>(result.Tokens[0].Value, name);
        }
        catch (FlowException exception)
        {
            result.AddError(exception.Message);
            return null;
        }
    }

    /// <summary>One of the names of an enumeration, in lower case; any other is an error of the result.</summary>
    public static T? ParseChoice<T>(ArgumentResult result, string name)
        where T : struct, Enum
    {
        string text = result.Tokens[0].Value;
        foreach (T value in Enum.GetValues<T>())
        {
            if (NameOf(value) == text)
            {
                return value;
            }
        }

        result.AddError($"{name} is {text}, expected {Names<T>(" or ")}");
        return null;
    }

    private static string Names<T>(string separator)
        where T : struct, Enum => string.Join(separator, Enum.GetValues<T>().Select(NameOf));
}
