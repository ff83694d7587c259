using System.CommandLine;

using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary><c>flow sample</c>: a picture of samples, or a CSV file of rows.</summary>
internal static class SampleCommand
{
    private const int MostImages = 1 << 16;
    private const int MostRows = 1 << 24;

    private static readonly Argument<string> _checkpoint = CommandOptions.Checkpoint();
    private static readonly Option<int> _count = CommandOptions.Number("--count", "How many", 64);
    private static readonly Option<double?> _temperature = CommandOptions.Number<double>(
        "--temperature",
        "Scales the latent noise: 1 draws from the model, less gives likelier images [default: 0.7; tables 1]");

    private static readonly Option<ulong> _seed = CommandOptions.Seed();
    private static readonly Option<string?> _out = CommandOptions.Text(
        "--out", "FILE", "The file to write: PNG, or CSV of a table model [default: grid.png; tables rows.csv]");

    private static readonly Option<string> _device = CommandOptions.Device();
    private static readonly Option<int> _threads = CommandOptions.Threads();
    private static readonly Option<NetworkPrecision> _precision = CommandOptions.Precision();

    public static Command Build()
    {
        Command command = new("sample", "Draws images from a model and writes them as one picture, or rows as CSV.")
        {
            _checkpoint, _count, _temperature, _seed, _out, _device, _threads, _precision,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        int count = parse.GetValue(_count);
        string path = CheckpointPath.Resolve(parse.GetRequiredValue(_checkpoint));
        using IBackend backend = Devices.Open(
            parse.GetRequiredValue(_device), parse.GetValue(_threads), parse.GetValue(_precision));
        using Model model = Model.Load(path, backend);
        bool isTable = model.Config.Table is not null;
        int most = isTable ? MostRows : MostImages;
        if (count > most)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"count is {count}, expected 1 to {most}");
        }

        double temperature = parse.GetValue(_temperature) ?? (isTable ? 1 : 0.7);
        ulong seed = parse.GetValue(_seed);
        string target = parse.GetValue(_out) ?? (isTable ? "rows.csv" : "grid.png");
        string what;
        if (isTable)
        {
            TableDataset rows = Samples.DrawRows(model, count, temperature, seed);
            CsvWriter.Write(target, rows);
            what = $"rows of {rows.Columns.Count} columns";
        }
        else
        {
            ImageDataset samples = Samples.Draw(model, count, temperature, seed);
            PngImage.Write(target, ImageGrid.Compose(samples, (int)Math.Ceiling(Math.Sqrt(count))));
            what = $"samples of {samples.Height}x{samples.Width}x{samples.Channels}";
        }

        parse.InvocationConfiguration.Output.WriteLine($"{target}: {count} {what}");
        return 0;
    }
}
