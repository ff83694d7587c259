using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;

using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary><c>flow eval</c>: bits per dimension of images, nats of the rows of a table.</summary>
internal static class EvalCommand
{
    private static readonly Argument<string> _checkpoint = CommandOptions.Checkpoint();
    private static readonly Option<string> _data = new("--data")
    {
        HelpName = "PATH",
        Description = "The images or the table, as for train",
        Required = true,
    };

    private static readonly Option<DataPart?> _part = CommandOptions.Choice<DataPart>(
        "--part", "Which images or rows; a source without a test part is split as in training [default: test]");

    private static readonly Option<string?> _label = CommandOptions.Text(
        "--label", "COLUMN", "Tables: the label column, which is left out [default: as in training]");

    private static readonly Option<WeightKind> _weights = CommandOptions.ChoiceOrFirst<WeightKind>(
        "--weights", "The moving average, or the raw weights of the training.safetensors beside it");

    private static readonly Option<int> _batch = CommandOptions.Number(
        "--batch", "Images or rows at once; no result depends on it", 64);
    private static readonly Option<int?> _limit = CommandOptions.Number<int>(
        "--limit", "Only the first N images or rows [default: all]");
    private static readonly Option<ulong> _seed = CommandOptions.Seed();
    private static readonly Option<string> _device = CommandOptions.Device();
    private static readonly Option<int> _threads = CommandOptions.Threads();
    private static readonly Option<NetworkPrecision> _precision = CommandOptions.Precision();
    private static readonly Option<bool> _json = CommandOptions.Json("Print one JSON object");

    private enum WeightKind
    {
        Ema,
        Raw,
    }

    public static Command Build()
    {
        Command command = new("eval", "Evaluates a model: bits per dimension of images, nats of the rows of a table.")
        {
            _checkpoint, _data, _part, _label, _weights, _batch, _limit, _seed, _device, _threads, _precision, _json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        string path = CheckpointPath.Resolve(parse.GetRequiredValue(_checkpoint));
        using IBackend backend = Devices.Open(
            parse.GetRequiredValue(_device), parse.GetValue(_threads), parse.GetValue(_precision));
        using Model model = Model.Load(path, backend);
        model.BatchSize = parse.GetValue(_batch);
        if (parse.GetValue(_weights) == WeightKind.Raw)
        {
            model.LoadRawWeights(CheckpointPath.StateBeside(path));
        }

        if (model.Config.Table is TableSettings table)
        {
            return RunTable(parse, model, table);
        }

        ImageDataset data = Load(parse).PrepareFor(model.Config);
        long start = Stopwatch.GetTimestamp();
        Evaluation result = Evaluation.Run(model, data, parse.GetValue(_seed));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        TextWriter output = parse.InvocationConfiguration.Output;
        output.WriteLine(parse.GetValue(_json)
            ? new JsonObject
            {
                ["bits_per_dim"] = Finite(result.BitsPerDim),
                ["bits_per_dim_stderr"] = Finite(result.BitsPerDimStandardError),
                ["nats"] = Finite(result.Nats),
                ["images"] = result.Images,
                ["seconds"] = seconds,
            }.ToJsonString()
            : FormattableString.Invariant(
                $"{result.BitsPerDim:0.0000} ± {result.BitsPerDimStandardError:0.0000} bits per dimension, ")
                + FormattableString.Invariant(
                    $"{result.Nats:0.00} nats an image, {result.Images} images, {seconds:0.0} s"));
        return 0;
    }

    private static int RunTable(ParseResult parse, Model model, TableSettings table)
    {
        TableParts parts = TableLoader.Load(
            parse.GetRequiredValue(_data), parse.GetValue(_label) ?? table.Label, table.SplitSeed);
        TableDataset data = (parse.GetValue(_part) ?? DataPart.Test).Of(parts);
        data = data.Take(Limit(parse) ?? data.Count);
        TableNotes.WriteDepartures(table.Scaling, data, parse.InvocationConfiguration.Error);
        long start = Stopwatch.GetTimestamp();
        TableEvaluation result = TableEvaluation.Run(model, table.Scaling.Apply(data));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(_json)
            ? new JsonObject
            {
                ["nats"] = Finite(result.Nats),
                ["nats_stderr"] = Finite(result.NatsStandardError),
                ["rows"] = result.Rows,
                ["seconds"] = seconds,
            }.ToJsonString()
            : FormattableString.Invariant(
                $"{result.Nats:0.0000} ± {2 * result.NatsStandardError:0.0000} nats a row (two standard errors), ")
                + FormattableString.Invariant($"{result.Rows} rows, {seconds:0.0} s"));
        return 0;
    }

    /// <summary>JSON has no NaN.</summary>
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static ImageDataset Load(ParseResult parse)
    {
        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(parse.GetRequiredValue(_data));
        ImageDataset data = (parse.GetValue(_part) ?? DataPart.Test).Of(train, test);
        return data.Take(Math.Min(Limit(parse) ?? data.Count, data.Count));
    }

    private static int? Limit(ParseResult parse) => parse.GetValue(_limit) is not < 1
        ? parse.GetValue(_limit)
        : throw new FlowException(
            FlowErrorKind.InvalidArgument, $"limit is {parse.GetValue(_limit)}, expected a positive number");
}
