using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;

using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary>
/// <c>flow eval</c>: bits per dimension of images, nats of the rows of a table; of a model of classes also by class, with
/// the accuracy of the classifier by Bayes' rule.
/// </summary>
internal static class EvalCommand
{
    private const int LongestName = 120;

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

    private static readonly Option<string?> _header = CommandOptions.Header();
    private static readonly PictureOptions _pictures = new();

    private static readonly Option<WeightKind> _weights = CommandOptions.ChoiceOrFirst<WeightKind>(
        "--weights", "The moving average, or the raw weights of the training.safetensors beside it");

    private static readonly Option<int> _batch = CommandOptions.Number(
        "--batch", "Images or rows at once; no result depends on it", 64);
    private static readonly Option<int?> _limit = CommandOptions.Number<int>(
        "--limit", "Only the first N images or rows [default: all]");
    private static readonly Option<ulong> _seed = CommandOptions.Seed();
    private static readonly DeviceOptions _device = new();
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
            _checkpoint, _data, _part, _label, _header, _pictures.Size, _pictures.Gray, _pictures.Rgb, _weights, _batch, _limit, _seed, _device.Name, _device.Threads,
            _device.Precision, _json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        string path = CheckpointPath.Resolve(parse.GetRequiredValue(_checkpoint));
        using IBackend backend = _device.Open(parse);
        using Model model = Model.Load(path, backend);
        model.BatchSize = parse.GetValue(_batch);
        if (parse.GetValue(_weights) == WeightKind.Raw)
        {
            model.LoadRawWeights(CheckpointPath.StateBeside(path));
        }

        string source = parse.GetRequiredValue(_data);
        IDataset data = WaitLine.Reading(parse, source, _pictures.Reading(parse), reading => DataSource.Load(
            source, model.Config, CommandOptions.Format(parse, _label, _header), reading)).Part(
            parse.GetValue(_part) ?? DataPart.Test,
            model.Config,
            parse.GetValue(_limit),
            parse.InvocationConfiguration.Error);
        ulong seed = parse.GetValue(_seed);
        long start = Stopwatch.GetTimestamp();
        (ClassEvaluation? classes, Evaluation result) = WaitLine.During(
            parse, $"evaluating {data.Count} {data.Unit.Plural}", model, data.Count, () => Evaluate(model, data, seed));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        TextWriter output = parse.InvocationConfiguration.Output;
        if (parse.GetValue(_json))
        {
            output.WriteLine(Json(result, model, classes, data, seconds).ToJsonString());
            return 0;
        }

        output.WriteLine(
            (data.Unit.IsInNats
                ? FormattableString.Invariant($"{result.Nats:0.0000}{Margin(2 * result.NatsStandardError)} nats a row")
                    + (double.IsFinite(result.NatsStandardError) ? " (two standard errors), " : ", ")
                : FormattableString.Invariant(
                    $"{result.BitsPerDim:0.0000}{Margin(result.BitsPerDimStandardError)} bits per dimension, ")
                    + FormattableString.Invariant($"{result.Nats:0.00} nats an image, "))
            + FormattableString.Invariant($"{result.Samples} {data.Unit.Plural}, {seconds:0.0} s")
            + Note.LeftOut(result.LeftOut, data.Unit));
        WriteClasses(output, model, classes, data);
        return 0;
    }

    private static (ClassEvaluation? Classes, Evaluation Result) Evaluate(Model model, IDataset data, ulong seed)
    {
        if (model.Config.Options.Condition is not { IsClass: true })
        {
            return (null, Evaluation.Run(model, data, seed));
        }

        ClassEvaluation classes = ClassEvaluation.Run(model, data, seed);
        return (classes, Evaluation.Of(classes.LogProb, data));
    }

    /// <summary>The error of a mean; nothing where no sample has a finite log density.</summary>
    private static string Margin(double error) =>
        double.IsFinite(error) ? FormattableString.Invariant($" ± {error:0.0000}") : string.Empty;

    /// <summary>A line for each class, and the classifier's accuracy.</summary>
    private static void WriteClasses(TextWriter output, Model model, ClassEvaluation? classes, IDataset data)
    {
        if (classes is null)
        {
            return;
        }

        string[] names =
        [
            .. classes.Classes.Select(part => PrintableText.OneLine(model.Config.Classes.NameOf(part.Class), LongestName)),
        ];
        int width = Math.Max("class".Length, names.Max(name => name.Length));
        output.WriteLine(
            $"{"class".PadLeft(width)} {"count",8} {data.Unit.Likelihood,10} {"accuracy",9}");
        foreach ((string name, (_, int[] members)) in names.Zip(classes.Classes))
        {
            double nats = classes.MeanLogProb(members);
            output.WriteLine(FormattableString.Invariant(
                $"{name.PadLeft(width)} {members.Length,8} {(data.Unit.IsInNats ? nats : BitsOf(nats, data)),10:0.0000} ")
                + FormattableString.Invariant($"{classes.AccuracyOf(members),9:0.0000}"));
        }

        output.WriteLine(FormattableString.Invariant(
            $"accuracy of the classifier by Bayes' rule: {classes.Accuracy:0.0000} of {classes.Labels.Length}"));
    }

    private static JsonObject Json(
        Evaluation result, Model model, ClassEvaluation? classes, IDataset data, double seconds)
    {
        JsonObject json = new()
        {
            ["unit"] = data.Unit.Name,
            ["samples"] = result.Samples,
            ["left_out"] = result.LeftOut,
            ["bits_per_dim"] = JsonNumber.Finite(result.BitsPerDim),
            ["bits_per_dim_stderr"] = JsonNumber.Finite(result.BitsPerDimStandardError),
            ["nats"] = JsonNumber.Finite(result.Nats),
            ["nats_stderr"] = JsonNumber.Finite(result.NatsStandardError),
            ["seconds"] = seconds,
        };
        if (classes is not null)
        {
            json["accuracy"] = classes.Accuracy;
            json["classes"] = new JsonArray([.. classes.Classes.Select(part => (JsonNode)new JsonObject
            {
                ["class"] = part.Class,
                ["name"] = model.Config.Classes.NameOf(part.Class),
                ["count"] = part.Data.Length,
                ["bits_per_dim"] = JsonNumber.Finite(BitsOf(classes.MeanLogProb(part.Data), data)),
                ["nats"] = JsonNumber.Finite(classes.MeanLogProb(part.Data)),
                ["accuracy"] = classes.AccuracyOf(part.Data),
            })]);
        }

        return json;
    }

    private static double BitsOf(double nats, IDataset data) => BitsPerDim.FromLogProb(nats, data.Dims, data.Bins ?? 1);
}
