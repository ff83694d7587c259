using System.CommandLine;

using FlowEngine.Interop;

namespace FlowEngine.Cli;

/// <summary><c>flow export</c>: a state dict of rosinality/glow-pytorch of a checkpoint.</summary>
internal static class ExportCommand
{
    private static readonly Argument<string> _in = new("IN")
    {
        Description = "A checkpoint of preset rosinality, or the folder of such a run",
    };

    private static readonly Argument<string> _out = new("OUT")
    {
        Description = "The state dict to write, as a safetensors file",
    };

    public static Command Build()
    {
        Command command = new("export", "Makes a state dict of rosinality/glow-pytorch of a checkpoint.") { _in, _out };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        string target = parse.GetRequiredValue(_out);
        RosinalityCheckpoint.Export(CheckpointPath.Resolve(parse.GetRequiredValue(_in)), target);
        parse.InvocationConfiguration.Output.WriteLine($"{target}: a state dict for rosinality/glow-pytorch");
        return 0;
    }
}
