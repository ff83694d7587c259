using System.CommandLine;

using FlowEngine.Layers;
using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary>The model of vectors that a command line describes: its options, before those of a checkpoint, before the
/// defaults of its kind.</summary>
internal sealed class ModelSelection(TrainOptions options, ParseResult parse)
{
    /// <summary>A kind that takes images as images.</summary>
    public const string Glow = "glow";

    /// <summary>The other kind that does.</summary>
    public const string RealNvp = "realnvp";

    private const string Maf = "maf";
    private const string Iaf = "iaf";
    private const string Nice = "nice";
    private const string DenseGlow = "dense-glow";

    /// <summary>The kind: that on the command line, else that of a checkpoint to start from, else Glow.</summary>
    /// <param name="from">The checkpoint's model, or null.</param>
    public string Kind(IModelOptions? from) => parse.GetValue(options.Model) ?? from?.Kind ?? Glow;

    /// <summary>Refuses options that the kind has no use for.</summary>
    /// <param name="kind">The kind.</param>
    /// <exception cref="FlowException">One was given: which, and whose it is.</exception>
    public void RequireFits(string kind)
    {
        (Option Option, string[] Kinds)[] belongings =
        [
            (options.Preset, [Glow]),
            (options.Levels, [Glow, RealNvp]),
            (options.Steps, [Glow]),
            (options.Coupling, [Glow]),
            (options.Pad, [Glow, RealNvp]),
            (options.Blocks, [Maf, Iaf, Nice, DenseGlow, RealNvp]),
            (options.Layers, [Maf, Iaf, Nice, DenseGlow]),
            (options.Permutation, [Maf, Iaf]),
            (options.BatchNorm, [Maf, Iaf]),
            (options.Prior, [Nice]),
        ];
        foreach ((Option option, string[] kinds) in belongings)
        {
            if (CommandOptions.IsGiven(parse, option) && !kinds.Contains(kind))
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"{option.Name} is of --model {string.Join(", ", kinds)}, and the model is {kind}");
            }
        }
    }

    /// <summary>A model of vectors.</summary>
    /// <param name="kind">Its kind; not glow or realnvp.</param>
    /// <param name="height">Rows of an image; 1 for a table.</param>
    /// <param name="width">Columns of an image; 1 for a table.</param>
    /// <param name="channels">Channels of an image, or columns of a table.</param>
    /// <param name="bins">Grey levels; null for continuous data.</param>
    /// <param name="condition">What it is conditional on; null for nothing.</param>
    /// <param name="from">The model of a checkpoint to start from, of the same kind; null for none.</param>
    /// <exception cref="FlowException">A size is out of range, or an option does not belong to the kind.</exception>
    public VectorOptions Vector(
        string kind, int height, int width, int channels, int? bins, ConditionOptions? condition, IModelOptions? from)
    {
        RequireFits(kind);
        VectorOptions? start = from as VectorOptions;
        VectorOptions defaults = Defaults(kind, channels);
        VectorOptions chosen = defaults with
        {
            Height = height,
            Width = width,
            Bins = bins,
            Condition = condition,
            Blocks = parse.GetValue(options.Blocks) ?? start?.Blocks ?? defaults.Blocks,
            Hidden = parse.GetValue(options.Hidden) ?? start?.Hidden ?? defaults.Hidden,
            HiddenLayers = parse.GetValue(options.Layers) ?? start?.HiddenLayers ?? defaults.HiddenLayers,
        };
        chosen = chosen switch
        {
            AutoregressiveOptions autoregressive => autoregressive with
            {
                Mixing = parse.GetValue(options.Permutation)
                    ?? (from as AutoregressiveOptions)?.Mixing ?? autoregressive.Mixing,
                BatchNorm = CommandOptions.IsGiven(parse, options.BatchNorm)
                    ? parse.GetValue(options.BatchNorm)
                    : (from as AutoregressiveOptions)?.BatchNorm ?? false,
            },
            NiceOptions nice => nice with
            {
                Prior = parse.GetValue(options.Prior) ?? (from as NiceOptions)?.Prior ?? nice.Prior,
            },
            _ => chosen,
        };
        chosen.Validate();
        return chosen;
    }

    /// <summary>What the model is to be conditional on; null for nothing.</summary>
    /// <param name="kind">The kind of model.</param>
    /// <param name="classes">Counts the classes of the labels; an error where there are none.</param>
    /// <param name="from">The model of a checkpoint to start from; null for none.</param>
    public ConditionOptions? Condition(string kind, Func<int> classes, IModelOptions? from) =>
        CommandOptions.IsGiven(parse, options.Conditional)
            ? new ConditionOptions(classes(), IsClass: true, Into(kind))
            : from?.Condition;

    /// <summary>What is to read the condition.</summary>
    /// <param name="kind">The kind of model.</param>
    public ConditionInto Into(string kind) => parse.GetValue(options.Conditional) ?? kind switch
    {
        Glow or RealNvp => ConditionInto.Prior,
        Nice when (parse.GetValue(options.Prior) ?? PriorKind.Logistic) == PriorKind.Logistic => ConditionInto.Networks,
        _ => ConditionInto.Both,
    };

    /// <summary>The sizes of the papers, but for dense Glow, which has none.</summary>
    private static VectorOptions Defaults(string kind, int channels) => kind switch
    {
        Maf or Iaf => new AutoregressiveOptions
        {
            Direction = kind == Maf ? AutoregressiveDirection.Density : AutoregressiveDirection.Sample,
            Channels = channels,
            Blocks = 5,
            Hidden = 512,
            HiddenLayers = 2,
        },
        Nice => new NiceOptions { Channels = channels, Blocks = 4, Hidden = 1000, HiddenLayers = 5 },
        _ => new DenseGlowOptions { Channels = channels, Blocks = 10, Hidden = 256, HiddenLayers = 2 },
    };
}
