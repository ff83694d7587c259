using System.CommandLine;
using System.Diagnostics;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Drawing;
using FlowEngine.Kernels;
using FlowEngine.Likelihood;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary><c>flow density2d</c>: trains on two columns, and draws data, density and samples.</summary>
internal static class Density2dCommand
{
    private const int Batch = 256;
    private const int DefaultBlocks = 8;
    private const int DefaultUpdates = 8_000;
    private const int SampleCount = 6_000;
    private const int IntegralCells = 1_000;
    private const double Warmup = 0.05;

    private static readonly Option<string> _data = new("--data")
    {
        HelpName = "DATA",
        Description = "two-moons, rings or checkerboard, or a table as for train",
        Required = true,
    };

    private static readonly Option<string?> _columns = CommandOptions.Text(
        "--columns", "X,Y", "Two columns by name or index from 0 [default: the two of a table that has two]");

    private static readonly Option<string?> _label = CommandOptions.Text(
        "--label", "COLUMN", "The label column, by name or index from 0 [default: none]");
    private static readonly Option<string?> _header = CommandOptions.Header();

    private static readonly Option<string> _out = new("--out")
    {
        HelpName = "FILE",
        Description = "The PNG file to write",
        DefaultValueFactory = _ => "density.png",
    };

    private static readonly Option<string?> _save = CommandOptions.Text(
        "--save", "FILE", "Writes the model's checkpoint, too [default: none]");

    private static readonly Option<int> _blocks = CommandOptions.Number(
        "--blocks", "Blocks of the neural spline flow", DefaultBlocks);

    private static readonly Option<int> _updates = CommandOptions.Number(
        "--updates", "Training updates, of 256 rows each", DefaultUpdates);

    private static readonly Option<ulong> _seed = CommandOptions.Seed();
    private static readonly DeviceOptions _device = new();

    public static Command Build()
    {
        Command command = new(
            "density2d", "Trains a flow on two columns, and draws data, density and samples side by side as PNG.")
        {
            _data, _columns, _label, _header, _out, _save, _blocks, _updates, _seed, _device.Name, _device.Threads,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        int updates = parse.GetValue(_updates);
        if (updates < 1)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"updates is {updates}, expected 1 or more");
        }

        CommandOptions.RequireOutput(parse.GetRequiredValue(_out), _out, ".png");
        ulong seed = parse.GetValue(_seed);
        string source = parse.GetRequiredValue(_data);
        TableParts parts = WaitLine.During(
            parse, $"reading {source}", () => TableLoader.Load(source, CommandOptions.Format(parse, _label, _header), seed, null));
        foreach (string note in parts.Notes)
        {
            Note.Write(parse.InvocationConfiguration.Error, note);
        }

        int[] columns = Columns(parts.Train, parse.GetValue(_columns));
        TableDataset train = parts.Train.Concat(parts.Validation).SelectColumns(columns);
        TextWriter output = parse.InvocationConfiguration.Output;
        using IBackend backend = _device.Open(parse);
        TableScaling scaling = TableScaling.Fit(train, null);
        if (scaling.Dims != 2)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, scaling.Notes().First());
        }

        SplineOptions sizes = new()
        {
            Channels = 2,
            Blocks = parse.GetValue(_blocks),
            Hidden = 64,
            HiddenLayers = 2,
            SplineBins = 8,
            Bound = 3,

            // Smooth units: those of ReLU leave edges in the density.
            Activation = Activation.Silu,
        };
        ModelConfig config = new(
            sizes, IsInitialized: false, new TableSchema(train.Name, scaling, parts.Train.LabelColumn, seed));
        using Model model = Model.Create(config, backend, seed);
        output.WriteLine(
            $"{train.Name}: {train.Count} rows; {config.Options.Summary}, {model.Flow.Parameters.Count} parameters");
        long start = Stopwatch.GetTimestamp();
        using Model trained = WaitLine.During(
            parse,
            $"training by {updates} updates",
            told => Train(model, scaling.Apply(train), updates, seed, parse.InvocationConfiguration.Error, told));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Evaluation test = Evaluation.Run(trained, scaling.Apply(parts.Test.SelectColumns(columns)));
        output.WriteLine(FormattableString.Invariant(
            $"{updates} updates in {seconds:0.0} s; {test.Nats:0.000} ± {2 * test.NatsStandardError:0.000} nats ")
            + $"(two standard errors) on {test.Samples} test rows" + Note.LeftOut(test.LeftOut, SampleUnit.Row));

        DensityPicture picture = new(train);
        string target = parse.GetRequiredValue(_out);
        ScaledTable points = scaling.Apply(picture.Points());
        WaitLine.During(parse, "drawing the density", trained, SampleCount + points.Count, () =>
        {
            TableDataset samples = new TableModel(trained).Sample(SampleCount, 1, seed);
            double[] density = Array.ConvertAll(Evaluation.LogProb(trained, points), Math.Exp);
            PngImage.Write(target, picture.Draw(density, samples));
            return true;
        });
        (double Low, double High) x = Widened(picture.X);
        (double Low, double High) y = Widened(picture.Y);
        double integral = WaitLine.During(
            parse,
            "integrating the density",
            trained,
            (long)IntegralCells * IntegralCells,
            () => GridIntegral.Run(trained, x, y, IntegralCells));
        output.WriteLine(FormattableString.Invariant(
            $"the density integrates to {integral:0.0000} over [{x.Low:0.##}, {x.High:0.##}] x ")
            + FormattableString.Invariant($"[{y.Low:0.##}, {y.High:0.##}]"));
        if (parse.GetValue(_save) is string checkpoint)
        {
            trained.Save(checkpoint);
            output.WriteLine($"{checkpoint}: the model (flow score, flow sample)");
        }

        output.WriteLine($"{target}: data, density and samples");
        return 0;
    }

    private static Model Train(
        Model model, ScaledTable rows, int updates, ulong seed, TextWriter error, Action<long, long> told)
    {
        using Trainer trainer = new(model, rows, new TrainerOptions
        {
            Batch = Batch,
            Seed = seed,
            Rate = 0.003,
            Schedule = Schedule.Cosine,
            WarmupSamples = (long)(Warmup * updates) * Batch,
            TotalSamples = (long)updates * Batch,
            EmaDecay = 0.99,
        });
        trainer.Train(updates, step => told(step.Samples / Batch, updates));
        if (trainer.Skipped > 0)
        {
            error.WriteLine(
                $"{trainer.Skipped} of {updates} updates were skipped: {trainer.SkippedBecause} was not finite");
        }

        return trainer.Snapshot();
    }

    /// <summary>The range drawn and a quarter of it on either side, where its tails end.</summary>
    private static (double Low, double High) Widened((double Low, double High) drawn)
    {
        double margin = (drawn.High - drawn.Low) / 4;
        return (drawn.Low - margin, drawn.High + margin);
    }

    private static int[] Columns(TableDataset table, string? names)
    {
        if (names is null)
        {
            return table.Columns.Count == 2
                ? [0, 1]
                : throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"{table.Name} has {table.Columns.Count} columns, expected two: choose them by --columns");
        }

        int[] found = [.. names.Split(',').Select(name => table.IndexOf(name.Trim()))];
        return found.Length == 2 && found[0] != found[1]
            ? found
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"--columns is {names}, expected two different columns, as age,income");
    }
}
