using System.CommandLine;

using FlowEngine.Architecture;
using FlowEngine.Interop;

namespace FlowEngine.Cli;

/// <summary><c>flow import</c>: a checkpoint of a state dict of rosinality/glow-pytorch.</summary>
internal static class ImportCommand
{
    private static readonly Argument<string> _in = new("IN") { Description = "The state dict, as a safetensors file" };
    private static readonly Argument<string> _out = new("OUT") { Description = "The checkpoint to write" };
    private static readonly Option<int> _size = CommandOptions.Number(
        "--size", "Rows and columns of the images it was trained on: the tensors do not tell", 64);

    private static readonly Option<int> _bins = CommandOptions.Number(
        "--bins", "Grey levels it was trained on: the tensors do not tell", 32);

    public static Command Build()
    {
        Command command = new("import", "Makes a checkpoint of a state dict of rosinality/glow-pytorch.")
        {
            _in, _out, _size, _bins,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        string target = parse.GetRequiredValue(_out);
        GlowOptions glow = (GlowOptions)RosinalityCheckpoint.Import(
            parse.GetRequiredValue(_in), target, parse.GetValue(_size), parse.GetValue(_bins)).Options;
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
                $"{string.Join(" and ", assumed)} {(assumed.Length > 1 ? "were" : "was")} not given, and the tensors do not tell: "
                + $"images of {glow.Height}x{glow.Width} in {glow.Bins} grey levels are assumed");
        }

        return 0;
    }
}
