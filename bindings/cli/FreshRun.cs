using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>Prepares a new run from the command line. Its folder comes last: bad input leaves nothing behind.</summary>
internal sealed class FreshRun(TrainOptions options, ParseResult parse)
{
    private const int RealNvpHidden = 32;
    private const int RealNvpBlocks = 2;

    [SuppressMessage("Reliability", "CA2000", Justification = "The session owns them; a failure ends the process.")]
    public TrainingSession Prepare()
    {
        string folder = Required(options.Out);
        string source = Required(options.Data);
        RunFolder.RequireFree(folder);
        if (TableLoader.IsTable(source))
        {
            return new TableRun(options, parse).Prepare(folder, source);
        }

        RequireImageOptions();
        (ImageDataset train, ImageDataset heldOut) = DatasetLoader.Load(source);
        IBackend backend = Devices.Open(
            parse.GetRequiredValue(options.Device), parse.GetValue(options.Threads), parse.GetValue(options.Precision));
        Model model = parse.GetValue(options.Init) is string checkpoint
            ? Initialized(CheckpointPath.Resolve(checkpoint), train, backend)
            : Model.Create(Configure(train, null), backend, parse.GetValue(options.Seed));
        train = train.PrepareFor(model.Config);
        heldOut = heldOut.PrepareFor(model.Config);

        IModelOptions sizes = model.Config.Options;
        RunLimits limits = options.Limits(parse);
        limits = limits.IsEmpty
            ? new RunLimits(DefaultSizes.For(train, sizes.Height, sizes.Width, false).Epochs, null, null)
            : limits;
        limits = limits with { Patience = parse.GetValue(options.Patience) is int patience and not 0 ? patience : null };
        RunData data = new(train, heldOut);
        Trainer trainer = new(model, train, Training(train, limits));
        RunConfig config = new(
            source == "digits" ? source : Path.GetFullPath(source),
            model.Config with { IsInitialized = true },
            trainer.Options with { Memory = trainer.Memory },
            limits,
            parse.GetRequiredValue(options.Device),
            parse.GetValue(options.Threads),
            parse.GetValue(options.Precision));
        return new TrainingSession(
            RunFolder.Create(folder), config, backend, trainer, data, Notes: [], IsResumed: false);
    }

    /// <summary>Options of tables would be passed over without a word.</summary>
    private void RequireImageOptions()
    {
        Option[] ofTables = [options.Label, options.ConditionColumns, options.SplitSeed, options.Logit, options.Bounds];
        if (ofTables.FirstOrDefault(option => CommandOptions.IsGiven(parse, option)) is Option option)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"{option.Name} is for tables, the data are images");
        }
    }

    private string Required(Option<string?> option) => parse.GetValue(option) is { Length: > 0 } value
        ? value
        : throw new FlowException(FlowErrorKind.InvalidArgument, $"{option.Name} is missing (flow train --help)");

    /// <summary>The options on the command line, before those of a checkpoint, before the defaults.</summary>
    private ModelConfig Configure(ImageDataset data, IModelOptions? from)
    {
        ModelSelection selection = new(options, parse);
        string kind = selection.Kind(from);
        int bins = parse.GetValue(options.Bins) ?? data.Bins;
        ConditionOptions? condition = selection.Condition(
            kind, () => Conditions.CountClasses(data.Labels, data.Name), from);
        IModelOptions model = kind switch
        {
            ModelSelection.Glow => Glow(data, bins, condition, from as GlowOptions),
            ModelSelection.RealNvp => RealNvp(data, bins, condition, from as RealNvpOptions),
            _ => selection.Vector(kind, data.Height, data.Width, data.Channels, bins, condition, from),
        };
        return new ModelConfig(model, IsInitialized: false, data.Name, data.Height, data.Width)
        {
            ClassCounts = condition is { IsClass: true } && data.Labels is int[] labels
                ? Conditions.Count(condition, labels, data.Name)
                : null,
        };
    }

    private GlowOptions Glow(ImageDataset data, int bins, ConditionOptions? condition, GlowOptions? from)
    {
        new ModelSelection(options, parse).RequireFits(ModelSelection.Glow);
        bool isPadded = CommandOptions.IsGiven(parse, options.Pad);
        int? padTo = PadSize();
        DefaultSizes sizes = DefaultSizes.For(data, padTo ?? data.Height, padTo ?? data.Width, isPadded);
        int levels = parse.GetValue(options.Levels) ?? from?.Levels ?? sizes.Levels;
        (int height, int width) = Padded(data, levels);
        GlowOptions glow = new()
        {
            Preset = parse.GetValue(options.Preset) ?? from?.Preset ?? GlowPreset.Glow,
            Height = height,
            Width = width,
            Channels = data.Channels,
            Levels = levels,
            Steps = parse.GetValue(options.Steps) ?? from?.Steps ?? sizes.Steps,
            Hidden = parse.GetValue(options.Hidden) ?? from?.Hidden ?? sizes.Hidden,
            Coupling = parse.GetValue(options.Coupling) ?? from?.Coupling ?? CouplingKind.Affine,
            Bins = bins,
            Condition = condition,
        };
        glow.Validate();
        return glow;
    }

    private RealNvpOptions RealNvp(ImageDataset data, int bins, ConditionOptions? condition, RealNvpOptions? from)
    {
        new ModelSelection(options, parse).RequireFits(ModelSelection.RealNvp);
        int? padTo = PadSize();
        int levels = parse.GetValue(options.Levels) ?? from?.Levels ?? DefaultSizes.RealNvpLevels(
            padTo ?? data.Height, padTo ?? data.Width, CommandOptions.IsGiven(parse, options.Pad));
        (int height, int width) = Padded(data, levels - 1);
        RealNvpOptions realNvp = new()
        {
            Height = height,
            Width = width,
            Channels = data.Channels,
            Levels = levels,
            Hidden = parse.GetValue(options.Hidden) ?? from?.Hidden ?? RealNvpHidden,
            Blocks = parse.GetValue(options.Blocks) ?? from?.Blocks ?? RealNvpBlocks,
            Bins = bins,
            Condition = condition,
        };
        realNvp.Validate();
        return realNvp;
    }

    /// <summary>The size of the images, after the padding that was asked for.</summary>
    private (int Height, int Width) Padded(ImageDataset data, int halvings)
    {
        int? padTo = PadSize();
        if (!CommandOptions.IsGiven(parse, options.Pad) || padTo is not null || halvings is < 0 or > 16)
        {
            return (padTo ?? data.Height, padTo ?? data.Width);
        }

        int factor = 1 << halvings;
        return ((data.Height + factor - 1) / factor * factor, (data.Width + factor - 1) / factor * factor);
    }

    private Model Initialized(string checkpoint, ImageDataset data, IBackend backend) =>
        Model.Load(checkpoint, backend, from =>
        {
            ModelConfig config = Configure(data, from.Options);
            return config.Options.Equals(WithSizesOf(from.Options, config.Options))
                ? config with { IsInitialized = from.IsInitialized }
                : throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"{checkpoint}: the checkpoint has {Describe(from.Options)}, expected {Describe(config.Options)}");
        });

    /// <summary>
    /// The weights of convolutions fit images of any size, those of a model of vectors one number of values.
    /// </summary>
    private static IModelOptions WithSizesOf(IModelOptions from, IModelOptions data) => from switch
    {
        GlowOptions glow => glow with
        {
            Height = data.Height,
            Width = data.Width,
            Bins = data.Bins ?? glow.Bins,
        },
        RealNvpOptions realNvp => realNvp with
        {
            Height = data.Height,
            Width = data.Width,
            Bins = data.Bins ?? realNvp.Bins,
        },
        VectorOptions vector when vector.Dims == data.Dims => vector with
        {
            Height = data.Height,
            Width = data.Width,
            Channels = data.Channels,
            Bins = data.Bins,
        },
        _ => from,
    };

    private static string Describe(IModelOptions model) =>
        $"{(model is VectorOptions ? model.Dims : model.Channels)} channels, {model.Summary}";

    private int? PadSize()
    {
        string? text = parse.GetValue(options.Pad);
        if (text is null)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size > 0
            ? size
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"--pad is {text}, expected a number of pixels or nothing");
    }

    private TrainerOptions Training(ImageDataset data, RunLimits limits)
    {
        limits.Validate();
        TrainerOptions training = new()
        {
            Batch = parse.GetValue(options.Batch),
            Optimizer = parse.GetValue(options.Optimizer),
            Rate = parse.GetValue(options.Rate),
            WarmupImages = parse.GetValue(options.WarmupImages),
            Schedule = parse.GetValue(options.Schedule),
            Clip = parse.GetValue(options.Clip),
            EmaDecay = parse.GetValue(options.Ema),
            Flip = parse.GetValue(options.Flip),
            Memory = parse.GetValue(options.Memory),
            ReadEvery = parse.GetValue(options.ReadEvery),
            Seed = parse.GetValue(options.Seed),
        };
        training.Validate();
        return ScheduleEnd.Set(training, limits, data.Count);
    }
}
