using System.CommandLine;

using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary><c>flow sample</c>: a picture of samples, or a CSV file of rows.</summary>
internal static class SampleCommand
{
    private const int MostImages = 1 << 16;
    private const int MostRows = 1 << 24;

    private static readonly Argument<string> _checkpoint = CommandOptions.Checkpoint();
    private static readonly Option<int?> _count = CommandOptions.Number<int>(
        "--count", "How many; of a model of classes without --label, of each class [default: 64; of each class 10]");

    private static readonly Option<string?> _label = CommandOptions.Text(
        "--label",
        "CLASS",
        "For a model of classes: the name of the class [default: all; of images a row for each, from the same noise]");

    private static readonly Option<string?> _given = CommandOptions.Text(
        "--given", "A,B", "For a model with condition columns: their values, in the units of the table");

    private static readonly Option<string?> _temperature = CommandOptions.Text(
        "--temperature",
        "T",
        "Scales the latent noise: 1 draws from the model, less gives likelier images; T,T,... for each level, the finest "
        + "first [default: 0.7; tables 1]");

    private static readonly Option<ulong> _seed = CommandOptions.Seed();
    private static readonly Option<string?> _out = CommandOptions.Text(
        "--out", "FILE", "The file to write: .png or .npy (N, H, W, C), or .csv of a table model [default: grid.png; tables rows.csv]");

    private static readonly DeviceOptions _device = new();

    public static Command Build()
    {
        Command command = new("sample", "Draws images from a model and writes them as one picture, or rows as CSV.")
        {
            _checkpoint, _count, _label, _given, _temperature, _seed, _out, _device.Name, _device.Threads, _device.Precision,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        string path = CheckpointPath.Resolve(parse.GetRequiredValue(_checkpoint));
        using IBackend backend = _device.Open(parse);
        using Model model = Model.Load(path, backend);
        bool isTable = model.Config.Unit == SampleUnit.Row;
        int? label = parse.GetValue(_label) is string name ? model.Config.Classes.IndexOf(name, "--label") : null;
        bool isOfAllClasses = model.Config.Options.Condition is { IsClass: true } && label is null;
        int count = parse.GetValue(_count) ?? (isOfAllClasses ? 10 : 64);
        int most = isTable ? MostRows : MostImages;
        if (count > most)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"count is {count}, expected 1 to {most}");
        }

        double[] temperatures = NumberLists.Read(parse, _temperature, [isTable ? 1 : 0.7]);
        ulong seed = parse.GetValue(_seed);
        string target = parse.GetValue(_out) ?? (isTable ? "rows.csv" : "grid.png");
        string ending = CommandOptions.RequireOutput(target, _out, isTable ? [".csv"] : [".png", ".npy"]);
        long all = (long)count * (isOfAllClasses ? model.Config.Classes.Seen.Count() : 1);
        string what;
        if (isTable)
        {
            TableDataset rows = WaitLine.During(
                parse, $"drawing {all} rows", model, all, () => DrawRows(parse, model, label, count, OnlyOne(temperatures), seed));
            CsvWriter.Write(target, rows);
            count = rows.Count;
            what = $"rows of {rows.Columns.Count} columns";
        }
        else
        {
            RequireNoValues(parse);
            ImageDataset samples = WaitLine.During(parse, $"drawing {all} images", model, all, () => isOfAllClasses
                ? Samples.DrawClasses(model, count, temperatures, seed)
                : Samples.Draw(model, count, temperatures, seed, label));
            int columns = isOfAllClasses ? count : (int)Math.Ceiling(Math.Sqrt(count));
            if (ending == ".npy")
            {
                AtomicFile.Write(target, stream => NpyWriter.Write(stream, samples));
            }
            else
            {
                PngImage.Write(target, ImageGrid.Compose(samples, columns));
            }

            count = samples.Count;
            what = $"samples of {samples.Height}x{samples.Width}x{samples.Channels}"
                + (isOfAllClasses
                    ? $", a row each of {string.Join(", ", model.Config.Classes.Seen.Select(model.Config.Classes.NameOf))}"
                    : string.Empty);
        }

        parse.InvocationConfiguration.Output.WriteLine(PrintableText.OneLine($"{target}: {count} {what}"));
        return 0;
    }

    private static double OnlyOne(double[] temperatures) => temperatures.Length == 1
        ? temperatures[0]
        : throw new FlowException(
            FlowErrorKind.InvalidArgument,
            $"--temperature has {temperatures.Length} numbers, and a model of a table has one level");

    private static TableDataset DrawRows(
        ParseResult parse, Model model, int? label, int count, double temperature, ulong seed)
    {
        TableModel table = new(model);
        if (model.Config.Options.Condition is { IsClass: true })
        {
            RequireNoValues(parse);
            return table.SampleClasses(
                label is int one ? [one] : [.. model.Config.Classes.Seen], count, temperature, seed);
        }

        return table.Sample(
            count, temperature, seed, parse.GetValue(_given) is null ? null : NumberLists.Read<double>(parse, _given, []));
    }

    private static void RequireNoValues(ParseResult parse)
    {
        if (parse.GetValue(_given) is not null)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, "--given is given, and the model has no condition columns");
        }
    }
}
