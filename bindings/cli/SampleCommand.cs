using System.CommandLine;

using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary><c>flow sample</c>: a picture of samples.</summary>
internal static class SampleCommand
{
    private const int MostSamples = 1 << 16;

    private static readonly Argument<string> _checkpoint = CommandOptions.Checkpoint();
    private static readonly Option<int> _count = CommandOptions.Number("--count", "How many", 64);
    private static readonly Option<double> _temperature = CommandOptions.Number(
        "--temperature", "Scales the latent noise: 1 draws from the model, less gives likelier images", 0.7);

    private static readonly Option<ulong> _seed = CommandOptions.Seed();
    private static readonly Option<string> _out = new("--out")
    {
        HelpName = "FILE",
        Description = "The PNG file to write",
        DefaultValueFactory = _ => "grid.png",
    };

    private static readonly Option<string> _device = CommandOptions.Device();
    private static readonly Option<int> _threads = CommandOptions.Threads();
    private static readonly Option<NetworkPrecision> _precision = CommandOptions.Precision();

    public static Command Build()
    {
        Command command = new("sample", "Draws images from a model and writes them as one picture.")
        {
            _checkpoint, _count, _temperature, _seed, _out, _device, _threads, _precision,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        int count = parse.GetValue(_count);
        if (count > MostSamples)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"count is {count}, expected 1 to {MostSamples}");
        }

        string path = CheckpointPath.Resolve(parse.GetRequiredValue(_checkpoint));
        using IBackend backend = Devices.Open(
            parse.GetRequiredValue(_device), parse.GetValue(_threads), parse.GetValue(_precision));
        using Model model = Model.Load(path, backend);
        ImageDataset samples = Samples.Draw(model, count, parse.GetValue(_temperature), parse.GetValue(_seed));
        string target = parse.GetRequiredValue(_out);
        PngImage.Write(target, ImageGrid.Compose(samples, (int)Math.Ceiling(Math.Sqrt(count))));
        parse.InvocationConfiguration.Output.WriteLine(
            $"{target}: {count} samples of {samples.Height}x{samples.Width}x{samples.Channels}");
        return 0;
    }
}
