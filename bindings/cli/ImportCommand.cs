using System.CommandLine;

using FlowEngine.Architecture;
using FlowEngine.Interop;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary><c>flow import</c>: a checkpoint of a state dict of rosinality/glow-pytorch, or of a flow of another library.</summary>
internal static class ImportCommand
{
    private static readonly Argument<string> _in = new("IN") { Description = "The state dict, as a safetensors file" };
    private static readonly Argument<string> _out = new("OUT") { Description = "The checkpoint to write" };
    private static readonly Option<int> _size = CommandOptions.Number(
        "--size", "Height and width of the images that it was trained on; the tensors do not show them", 64);

    private static readonly Option<int> _bins = CommandOptions.Number(
        "--bins", "Grey levels that it was trained on; the tensors do not show them", 32);

    private static readonly Option<string?> _from = new("--from")
    {
        Description = "The library of a flow of vectors; without it the state dict is rosinality/glow-pytorch's",
        HelpName = string.Join("|", ForeignFlow.Libraries),
    };

    private static readonly Option<string?> _description = new("--description")
    {
        Description = "With --from: the modules of the flow, as JSON; docs/foreign-flows.md shows the form",
        HelpName = "FILE",
    };

    public static Command Build()
    {
        Command command = new("import", "Makes a checkpoint of a model that another library trained.")
        {
            _in, _out, _from, _description, _size, _bins,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        string target = parse.GetRequiredValue(_out);
        if (parse.GetValue(_from) is string library)
        {
            string description = parse.GetValue(_description) ?? throw new FlowException(
                FlowErrorKind.InvalidArgument, "--from was given without --description, expected the JSON file that says what the flow is");
            ModelConfig config = WaitLine.During(
                parse, $"writing {target}", () => ForeignFlow.Import(parse.GetRequiredValue(_in), target, library, description));
            parse.InvocationConfiguration.Output.WriteLine($"{target}: {config.Options.Summary}");
            return 0;
        }

        if (parse.GetValue(_description) is not null)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"--description was given without --from, expected one of {string.Join(", ", ForeignFlow.Libraries)}");
        }

        GlowOptions glow = (GlowOptions)WaitLine.During(parse, $"writing {target}", () => RosinalityCheckpoint.Import(
            parse.GetRequiredValue(_in), target, parse.GetValue(_size), parse.GetValue(_bins))).Options;
        parse.InvocationConfiguration.Output.WriteLine(
            $"{target}: images of {glow.Height}x{glow.Width}x{glow.Channels} in {glow.Bins} grey levels; "
            + $"{glow.Levels} levels, {glow.Steps} steps, hidden {glow.Hidden}, "
            + $"{CommandOptions.NameOf(glow.Coupling)}");
        string[] assumed = [.. new Option[] { _size, _bins }.Where(option => parse.GetResult(option) is null or { Implicit: true })
            .Select(option => option.Name)];
        if (assumed.Length > 0)
        {
            Note.Write(
                parse.InvocationConfiguration.Error,
                $"{string.Join(" and ", assumed)} {(assumed.Length > 1 ? "were" : "was")} not given, and the tensors do not show them: "
                + $"images of {glow.Height}x{glow.Width} in {glow.Bins} grey levels are assumed");
        }

        return 0;
    }
}
