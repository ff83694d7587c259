using System.CommandLine;

using FlowEngine.Interop;

namespace FlowEngine.Cli;

/// <summary><c>flow export</c>: an ONNX file of a model, or a state dict of rosinality/glow-pytorch.</summary>
internal static class ExportCommand
{
    private static readonly Argument<string> _in = new("IN")
    {
        Description = "A checkpoint, or the folder of a run; a state dict needs the preset rosinality",
    };

    private static readonly Argument<string> _out = new("OUT")
    {
        Description = "The file to write: with the ending .onnx an ONNX file, else a state dict as a safetensors file",
    };

    private static readonly Option<string?> _what = CommandOptions.Choice(
        "--what",
        "What an ONNX file computes [default: log-prob]",
        ["log-prob", "forward", "inverse", "sample"]);

    public static Command Build()
    {
        Command command = new("export", "Makes an ONNX file of a model, or a state dict of rosinality/glow-pytorch.")
        {
            _in, _out, _what,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        string source = CheckpointPath.Resolve(parse.GetRequiredValue(_in));
        string target = parse.GetRequiredValue(_out);
        string? what = parse.GetValue(_what);
        TextWriter output = parse.InvocationConfiguration.Output;
        if (Path.GetExtension(target).Equals(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            OutputPath.Require(target);
            string signature = WaitLine.During(parse, $"writing {target}", () => OnnxFile.Write(source, target, what ?? "log-prob"));
            output.WriteLine($"{target}: {signature}");
            return 0;
        }

        if (what is not null)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"--what was given and OUT is {target}, expected a name that ends in .onnx");
        }

        WaitLine.During(parse, $"writing {target}", () => RosinalityCheckpoint.Export(source, target));
        output.WriteLine($"{target}: a state dict for rosinality/glow-pytorch");
        return 0;
    }
}
