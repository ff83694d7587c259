using System.CommandLine;

using FlowEngine.Settings;

namespace FlowEngine.Cli;

/// <summary>An option of the command that a description of the engine stands for.</summary>
internal static class SettingOption
{
    private const string List = "list";
    private const string Switch = "boolean";

    /// <summary>The option; its value is text, which <see cref="Value"/> reads.</summary>
    /// <param name="setting">The description.</param>
    /// <param name="help">What it is.</param>
    /// <param name="defaults">Its default in words.</param>
    public static Option<string?> Create(Setting setting, string help, string defaults)
    {
        string name = setting.Option!;
        string[] aliases = setting.FormerName is string former ? ["--" + former.Replace('_', '-')] : [];
        return new Option<string?>(name, aliases)
        {
            HelpName = setting.Type switch
            {
                Switch => null,
                List => "FILE",
                "choice" => string.Join('|', setting.Names),
                _ => "N",
            },
            Description = setting.Type == Switch ? help : $"{help} [default: {defaults}]",
            Arity = setting.Type == Switch ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                string text = result.Tokens.Count == 0 ? bool.TrueString : result.Tokens[0].Value;
                try
                {
                    Read(setting, text);
                }
                catch (FlowException exception)
                {
                    result.AddError(exception.Message);
                }

                return text;
            },
        };
    }

    /// <summary>The value on the command line of an option that is given.</summary>
    public static object? Value(ParseResult parse, Option<string?> option, Setting setting) =>
        Read(setting, parse.GetValue(option) ?? bool.TrueString);

    /// <summary>A value from its text; a list from a file, or from JSON in place.</summary>
    private static object? Read(Setting setting, string text)
    {
        if (setting.Type == List && !text.StartsWith('['))
        {
            try
            {
                return setting.Parse(File.ReadAllText(text), text);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new FlowException(FlowErrorKind.Io, $"{setting.Option}: {exception.Message}", exception);
            }
        }

        return setting.Parse(text, setting.Option!);
    }
}
