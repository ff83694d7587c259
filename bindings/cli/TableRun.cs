using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>Prepares a new run on a table from the command line. Its folder comes last: bad input leaves nothing behind.</summary>
internal sealed class TableRun(TrainOptions options, ParseResult parse)
{
    private const string DefaultKind = "maf";
    private const int Batch = 256;
    private const long WarmupRows = 25_600;
    private const double Ema = 0.99;
    private const int Epochs = 1_000;
    private const int Patience = 30;

    [SuppressMessage("Reliability", "CA2000", Justification = "The session owns them; a failure ends the process.")]
    public TrainingSession Prepare(string folder, string source)
    {
        RequireTableOptions();
        string? label = parse.GetValue(options.Label);
        ulong splitSeed = parse.GetValue(options.SplitSeed);
        TableParts parts = TableLoader.Load(source, label, splitSeed);
        IBackend backend = Devices.Open(
            parse.GetRequiredValue(options.Device), parse.GetValue(options.Threads), parse.GetValue(options.Precision));
        TableSettings table = Settings(parts.Train, label, splitSeed);
        Model model = Create(table, parts.Train, backend);
        RunData data = new(table.Apply(parts.Train), table.Apply(parts.Validation));
        RunLimits limits = Limits(data);
        Trainer trainer = new(model, data.Train, Training(data, limits));
        RunConfig config = new(
            TableLoader.BuiltIn.Contains(source) ? source : Path.GetFullPath(source),
            model.Config with { IsInitialized = true },
            trainer.Options with { Memory = trainer.Memory },
            limits,
            parse.GetRequiredValue(options.Device),
            parse.GetValue(options.Threads),
            parse.GetValue(options.Precision));
        return new TrainingSession(
            RunFolder.Create(folder),
            config,
            backend,
            trainer,
            data,
            [.. table.Scaling.Notes(), .. table.Condition?.Notes() ?? []],
            IsResumed: false);
    }

    private TableSettings Settings(TableDataset train, string? label, ulong splitSeed)
    {
        if (parse.GetValue(options.ConditionColumns) is not string names)
        {
            return new TableSettings(TableScaling.Fit(train, Logit()), label, splitSeed);
        }

        (TableDataset named, TableDataset others) = train.Part(names.Split(','));
        return new TableSettings(TableScaling.Fit(others, Logit()), label, splitSeed)
        {
            Condition = TableScaling.Fit(named, null),
        };
    }

    private Model Create(TableSettings table, TableDataset train, IBackend backend)
    {
        string kind = parse.GetValue(options.Model) ?? DefaultKind;
        if (kind is ModelSelection.Glow or ModelSelection.RealNvp)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"--model {kind} is for images, the data are a table: expected maf or another");
        }

        ModelSelection selection = new(options, parse);
        ConditionOptions? condition = table.Condition is TableScaling scaling
            ? new ConditionOptions(scaling.Dims, IsClass: false, selection.Into(kind))
            : selection.Condition(kind, () => Conditions.CountClasses(train.Labels, train.Name), null);
        VectorOptions sizes = selection.Vector(kind, 1, 1, table.Scaling.Dims, null, condition, null);
        ModelConfig config = new(sizes, IsInitialized: false, train.Name, 1, 1)
        {
            Table = table,
            ClassCounts = condition is { IsClass: true }
                ? Conditions.Count(condition, train.Labels, train.Name)
                : null,
        };
        return Model.Create(config, backend, parse.GetValue(options.Seed));
    }

    /// <summary>Options of images would be passed over without a word.</summary>
    private void RequireTableOptions()
    {
        Option[] ofImages =
        [
            options.Preset, options.Levels, options.Steps, options.Coupling, options.Bins, options.Pad, options.Flip,
            options.Init,
        ];
        if (ofImages.FirstOrDefault(option => CommandOptions.IsGiven(parse, option)) is Option option)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"{option.Name} is for images, the data are a table");
        }
    }

    private LogitTransform? Logit()
    {
        string? bounds = parse.GetValue(options.Bounds);
        if (parse.GetValue(options.Logit) is not double lambda)
        {
            return bounds is null
                ? null
                : throw new FlowException(FlowErrorKind.InvalidArgument, "--bounds is given without --logit");
        }

        string[] ends = (bounds ?? "0,1").Split(',');
        return ends.Length == 2 && TryParse(ends[0], out double low) && TryParse(ends[1], out double high)
            ? new LogitTransform(lambda, low, high)
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"--bounds is {bounds}, expected two numbers as in 0,255");

        static bool TryParse(string text, out double value) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    private RunLimits Limits(RunData data)
    {
        RunLimits limits = options.Limits(parse);
        limits = limits.IsEmpty ? limits with { Epochs = Epochs } : limits;
        int patience = parse.GetValue(options.Patience) ?? Patience;
        bool stopsEarly = patience != 0 && (data.HeldOut.Count > 0 || CommandOptions.IsGiven(parse, options.Patience));
        limits = limits with { Patience = stopsEarly ? patience : null };
        limits.Validate();
        return limits;
    }

    private TrainerOptions Training(RunData data, RunLimits limits)
    {
        TrainerOptions training = new()
        {
            Batch = Given(options.Batch, Batch),
            Optimizer = parse.GetValue(options.Optimizer),
            Rate = parse.GetValue(options.Rate),
            WarmupImages = Given(options.WarmupImages, WarmupRows),
            Schedule = parse.GetValue(options.Schedule),
            Clip = parse.GetValue(options.Clip),
            EmaDecay = Given(options.Ema, Ema),
            Memory = parse.GetValue(options.Memory),
            ReadEvery = parse.GetValue(options.ReadEvery),
            Seed = parse.GetValue(options.Seed),
        };
        training.Validate();
        return ScheduleEnd.Set(training, limits, data.Train.Count);
    }

    private T Given<T>(Option<T> option, T otherwise) =>
        CommandOptions.IsGiven(parse, option) ? parse.GetValue(option)! : otherwise;
}
