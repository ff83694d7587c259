using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>The sizes a model gets where a caller gives none, as flowengine.h states them.</summary>
internal static class ModelDefaults
{
    private const int MostLevels = 3;
    private const int Steps = 8;
    private const int SmallImage = 16;
    private const int Blocks = 5;
    private const int ResidualBlocks = 2;
    private const int HiddenOfResidual = 32;
    private const int HiddenOfVectors = 64;
    private const int HiddenLayers = 2;

    private static readonly Mixing[] _mixings = [Mixing.Reverse, Mixing.Random, Mixing.Lu];
    private static readonly PriorKind[] _priors = [PriorKind.Logistic, PriorKind.Gaussian];
    private static readonly ConditionInto[] _places =
        [ConditionInto.Prior, ConditionInto.Networks, ConditionInto.Both];

    /// <summary>Fills the gaps in the sizes of a model.</summary>
    /// <param name="kind">A name of <see cref="ModelKinds.Names"/>.</param>
    /// <param name="options">The sizes that were given.</param>
    /// <exception cref="FlowException">There is no such kind, or a choice is none.</exception>
    public static IModelOptions Complete(string kind, in ModelOptions options)
    {
        Check.Choice("options.coupling", options.Coupling, 2);
        Check.Choice("options.preset", options.Preset, 2);
        Check.Choice("options.mixing", options.Mixing, _mixings.Length);
        Check.Choice("options.prior", options.Prior, _priors.Length);
        ConditionOptions? condition = Condition(options);
        return Unconditional(kind, options) switch
        {
            GlowOptions glow => glow with { Condition = condition },
            RealNvpOptions realNvp => realNvp with { Condition = condition },
            VectorOptions vectors => vectors with { Condition = condition },
            IModelOptions other => throw new InvalidOperationException($"{other.Kind} has no condition"),
        };
    }

    private static IModelOptions Unconditional(string kind, in ModelOptions options) =>
        kind switch
        {
            "glow" => CompleteGlow(options),
            "realnvp" => CompleteRealNvp(options),
            "maf" => CompleteAutoregressive(options, AutoregressiveDirection.Density),
            "iaf" => CompleteAutoregressive(options, AutoregressiveDirection.Sample),
            "nice" => CompleteNice(options),
            "dense-glow" => CompleteVectors(
                new DenseGlowOptions { Channels = 0, Blocks = 0, Hidden = 0, HiddenLayers = 0 }, options),
            _ => throw Check.Invalid(
                $"there is no model {kind}; expected one of {string.Join(", ", ModelKinds.Names)}"),
        };

    private static ConditionOptions? Condition(in ModelOptions options)
    {
        Check.Choice("options.condition_into", options.ConditionInto, _places.Length);
        if (options.Classes != 0 && options.ConditionColumns != 0)
        {
            throw Check.Invalid(
                $"options.classes is {options.Classes} and options.condition_columns {options.ConditionColumns}: expected "
                + "one of them");
        }

        int length = options.Classes + options.ConditionColumns;
        return length == 0 ? null : new ConditionOptions(length, options.Classes != 0, _places[options.ConditionInto]);
    }

    /// <summary>The sizes of a model, as C reads them.</summary>
    public static void Describe(IModelOptions options, ref ModelInfo info)
    {
        info.Height = options.Height;
        info.Width = options.Width;
        info.Channels = options.Channels;
        info.Bins = options.Bins ?? 0;
        if (options.Condition is ConditionOptions condition)
        {
            info.Classes = condition.IsClass ? condition.Length : 0;
            info.ConditionColumns = condition.IsClass ? 0 : condition.Length;
            info.ConditionInto = Array.IndexOf(_places, condition.Into);
        }

        if (options is GlowOptions glow)
        {
            info.Steps = glow.Steps;
            info.Hidden = glow.Hidden;
            info.Coupling = (int)glow.Coupling;
            info.Preset = (int)glow.Preset;
        }

        if (options is RealNvpOptions realNvp)
        {
            info.Steps = realNvp.Blocks;
            info.Hidden = realNvp.Hidden;
        }

        if (options is VectorOptions vectors)
        {
            info.Steps = vectors.Blocks;
            info.Hidden = vectors.Hidden;
            info.HiddenLayers = vectors.HiddenLayers;
        }

        if (options is AutoregressiveOptions autoregressive)
        {
            info.Mixing = Array.IndexOf(_mixings, autoregressive.Mixing);
            info.BatchNorm = autoregressive.BatchNorm ? 1 : 0;
        }

        if (options is NiceOptions nice)
        {
            info.Prior = Array.IndexOf(_priors, nice.Prior);
        }
    }

    private static GlowOptions CompleteGlow(in ModelOptions options)
    {
        bool isSmall = Math.Max(options.Height, options.Width) <= SmallImage;
        return new GlowOptions
        {
            Height = options.Height,
            Width = options.Width,
            Channels = options.Channels,

            // At least 1: for an odd size the error of that is the clearest.
            Levels = options.Levels == 0
                ? Math.Max(1, Halvings(options.Height | options.Width, MostLevels))
                : options.Levels,
            Steps = Or(options.Steps, Steps),
            Hidden = Or(options.Hidden, isSmall ? 64 : 128),
            Coupling = (CouplingKind)options.Coupling,
            Preset = (GlowPreset)options.Preset,
            Bins = Or(options.Bins, 256),
        };
    }

    private static RealNvpOptions CompleteRealNvp(in ModelOptions options) => new()
    {
        Height = options.Height,
        Width = options.Width,
        Channels = options.Channels,
        Levels = options.Levels == 0 ? 1 + Halvings(options.Height | options.Width, MostLevels - 1) : options.Levels,
        Hidden = Or(options.Hidden, HiddenOfResidual),
        Blocks = Or(options.Steps, ResidualBlocks),
        Bins = Or(options.Bins, 256),
    };

    private static VectorOptions CompleteNice(in ModelOptions options) =>
        CompleteVectors(
            new NiceOptions
            {
                Prior = _priors[options.Prior],
                Channels = 0,
                Blocks = 0,
                Hidden = 0,
                HiddenLayers = 0,
            },
            options);

    private static VectorOptions CompleteAutoregressive(in ModelOptions options, AutoregressiveDirection direction) =>
        CompleteVectors(
            new AutoregressiveOptions
            {
                Direction = direction,
                Mixing = _mixings[options.Mixing],
                BatchNorm = options.BatchNorm != 0,
                Channels = 0,
                Blocks = 0,
                Hidden = 0,
                HiddenLayers = 0,
            },
            options);

    // The sizes that all models of vectors share.
    private static VectorOptions CompleteVectors(VectorOptions kind, in ModelOptions options) => kind with
    {
        Height = Or(options.Height, 1),
        Width = Or(options.Width, 1),
        Channels = options.Channels,
        Bins = options.Bins == 0 ? null : options.Bins,
        Blocks = Or(options.Steps, Blocks),
        Hidden = Or(options.Hidden, HiddenOfVectors),
        HiddenLayers = Or(options.HiddenLayers, HiddenLayers),
    };

    private static int Or(int given, int otherwise) => given == 0 ? otherwise : given;

    /// <summary>How often a size can be halved, up to a limit.</summary>
    private static int Halvings(int size, int limit)
    {
        int halvings = 0;
        while (halvings < limit && size % (2 << halvings) == 0)
        {
            halvings++;
        }

        return halvings;
    }
}
