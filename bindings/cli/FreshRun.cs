using System.CommandLine;
using System.Diagnostics.CodeAnalysis;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;
using FlowEngine.Ranks;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>Prepares a new run from the command line. Its folder comes last: bad input leaves nothing behind.</summary>
internal sealed class FreshRun(TrainOptions options, ParseResult parse, ICommunicator? ranks)
{
    // So many processes at most give the bits of any fewer.
    private const int ShardsOfRanks = 8;

    private const int MostEpochsJudged = 100;

    [SuppressMessage("Reliability", "CA2000", Justification = "The session owns them; a failure ends the process.")]
    public TrainingSession Prepare()
    {
        string folder = Required(options.Out);
        string path = Required(options.Data);
        bool isFirst = ranks is not { Rank: > 0 };
        if (isFirst)
        {
            RunFolder.RequireFree(folder);
        }

        RequireOptionsOf(DataSource.UnitOf(path));
        DataSource source = WaitLine.Reading(parse, path, options.Pictures.Reading(parse), reading => DataSource.Load(
            path,
            CommandOptions.Format(parse, options.Label, options.Header),
            parse.GetValue(options.SplitSeed),
            reading));
        if (!source.HasTraining)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{path}: is a test part by its name and has no training {source.Unit.Plural}, expected another name or a part "
                + "train beside it");
        }

        IBackend backend = Devices.Open(
            JoinedRanks.Device(parse.GetRequiredValue(options.Device.Name)),
            JoinedRanks.Threads(parse.GetValue(options.Device.Threads)),
            parse.GetValue(options.Device.Precision));
        Model model = parse.GetValue(options.Init) is string checkpoint
            ? Initialized(CheckpointPath.Resolve(checkpoint), source, backend)
            : Model.Create(Configure(source, null), backend, parse.GetValue(options.Seed));
        RunData data = source.ForTraining(model.Config);
        TableRecipe? recipe = source.Unit == SampleUnit.Row ? new(data.Train.Count, data.HeldOut.Count) : null;
        TrainerOptions training = options.Training.Create(parse, recipe, model.Config.Options, parse.GetValue(options.Seed));
        if (ranks is not null && !CommandOptions.IsGiven(parse, options.Training["shards"]))
        {
            training = training with { Shards = Math.Max(ShardsOfRanks, ranks.Size) };
            training.Validate();
        }

        RunLimits limits = Limits(data, recipe?.Limits(training.Batch) ?? ImageLimits(model.Config.Options));
        Trainer trainer = new(model, data.Train, ScheduleEnd.Set(training, limits, data.Train.Count), ranks);
        RunConfig config = new(
            PathOf(path),
            model.Config with { IsInitialized = true },
            trainer.Options with { Memory = trainer.Memory },
            limits,
            parse.GetRequiredValue(options.Device.Name),
            parse.GetValue(options.Device.Threads),
            parse.GetValue(options.Device.Precision))
        {
            Command = CommandOptions.CommandLine(parse),
        };
        string[] notes = [.. source.Notes, .. SchemaNotes(source, model.Config.Data)];
        return new TrainingSession(
            isFirst ? RunFolder.Create(folder) : RunFolder.OfOtherRank(folder), config, backend, trainer, data, notes, IsResumed: false);
    }

    /// <summary>What the model makes of the data that their user may not expect.</summary>
    private static IEnumerable<string> SchemaNotes(DataSource source, DataSchema? schema) => (source, schema) switch
    {
        (TableSource, TableSchema table) =>
            [.. table.Scaling.Notes(), .. table.Condition?.Notes() ?? []],
        (ImageSource data, ImageSchema images) when images.Levels < data.Parts.Train.Bins =>
            [$"every value is below {images.Levels}: they are taken as levels 0 to {images.Levels - 1}, not quantized"],
        _ => [],
    };

    /// <summary>Where data come from, whatever the current folder is.</summary>
    public static string PathOf(string data) =>
        data == "digits" || TableLoader.BuiltIn.Contains(data) ? data : Path.GetFullPath(data);

    /// <summary>Options of the other kind of data would be passed over without a word.</summary>
    private void RequireOptionsOf(SampleUnit unit)
    {
        Option[] ofTables = [options.Label, options.Header, options.ConditionColumns, options.SplitSeed, options.Logit, options.Bounds];
        Option[] ofImages = [.. options.Pictures.All, options.Bins, options.Pad, options.Training["flip"], options.Init];
        bool isOfImages = unit == SampleUnit.Image;
        Option[] refused = isOfImages ? ofTables : ofImages;
        if (refused.FirstOrDefault(option => CommandOptions.IsGiven(parse, option)) is Option option)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                isOfImages
                    ? $"{option.Name} is for tables, the data are images"
                    : $"{option.Name} is for images, the data are a table");
        }
    }

    private string Required(Option<string?> option) => parse.GetValue(option) is { Length: > 0 } value
        ? value
        : throw new FlowException(FlowErrorKind.InvalidArgument, $"{option.Name} is missing (flow train --help)");

    private ModelConfig Configure(DataSource source, ModelConfig? checkpoint) => source switch
    {
        ImageSource images => new ImageModelSelection(options, parse).Configure(images.Parts, checkpoint),
        _ => new TableModelSelection(options, parse).Configure(((TableSource)source).Parts),
    };

    private Model Initialized(string checkpoint, DataSource source, IBackend backend) =>
        Model.Load(checkpoint, backend, from =>
        {
            ModelConfig config = Configure(source, from);
            return config.Options.Equals(WithSizesOf(from.Options, config.Options))
                ? config with { IsInitialized = from.IsInitialized }
                : throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"{checkpoint}: the checkpoint has {Describe(from.Options)}, expected {Describe(config.Options)}");
        });

    /// <summary>
    /// The weights of convolutions fit images of any size, those of a model of vectors one number of values.
    /// </summary>
    private static IModelOptions WithSizesOf(IModelOptions from, IModelOptions data) =>
        from.Kind.Data == DataKind.Images
            ? from.WithShape(new DataShape(data.Height, data.Width, from.Channels, data.Bins))
            : from.Dims == data.Dims
                ? from.WithShape(new DataShape(data.Height, data.Width, data.Channels, data.Bins))
                : from;

    private static string Describe(IModelOptions model) =>
        $"{(model.Kind.Data == DataKind.Vectors ? model.Dims : model.Channels)} channels, {model.Summary}";

    private static RunLimits ImageLimits(IModelOptions model) =>
        new(Math.Min(model.Height, model.Width) <= 16 ? 40 : 10, null, null);

    /// <summary>Where the run ends: by the command line, or else by default.</summary>
    private RunLimits Limits(RunData data, RunLimits byDefault)
    {
        RunLimits limits = options.Limits(parse);
        int patience = parse.GetValue(options.Patience) ?? byDefault.Patience ?? 0;
        bool stopsEarly = patience != 0
            && (data.HeldOut.Count > 0 || CommandOptions.IsGiven(parse, options.Patience));
        limits = limits with
        {
            Epochs = limits.IsEmpty ? byDefault.Epochs : limits.Epochs,
            Patience = stopsEarly ? patience : null,
        };

        // A few epochs, or a patience of a few, want every one of them judged.
        limits = limits with
        {
            EvaluateEvery = limits.Epochs <= MostEpochsJudged || patience < byDefault.EvaluateEvery ? 1 : byDefault.EvaluateEvery,
        };
        limits.Validate();
        return limits;
    }
}
