using System.CommandLine;

using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary>The options of <c>flow bench</c>.</summary>
internal sealed class BenchOptions
{
    public Option<string> Model { get; } = new("--model")
    {
        Description = $"The model, {ModelSelection.Glow} or {ModelSelection.RealNvp}",
        HelpName = "NAME",
        DefaultValueFactory = _ => ModelSelection.Glow,
    };

    public Option<int> Levels { get; } = CommandOptions.Number("--levels", "Levels, L", 3);

    public Option<int> Steps { get; } = CommandOptions.Number("--steps", "Steps of a level, K", 32);

    public Option<int?> Hidden { get; } = CommandOptions.Number<int>(
        "--hidden", "Hidden channels of the networks [default: glow 512, realnvp 32]");

    public Option<int> Blocks { get; } = CommandOptions.Number(
        "--blocks", "Residual blocks of a network of realnvp", 2);

    public Option<int> Size { get; } = CommandOptions.Number("--size", "Rows and columns of an image", 32);

    public Option<int> Channels { get; } = CommandOptions.Number("--channels", "Channels of an image", 3);

    public Option<int> Batch { get; } = CommandOptions.Number("--batch", "Images at once", 16);

    public Option<MemoryMode?> Memory { get; } = CommandOptions.Choice<MemoryMode>(
        "--memory", "Memory mode of training [default: store where it fits half the free memory]");

    public Option<string> Device { get; } = CommandOptions.Device();

    public Option<NetworkPrecision> Precision { get; } = CommandOptions.Precision();

    public Option<int> Threads { get; } = CommandOptions.Threads();

    public Option<GlowPreset> Preset { get; } = CommandOptions.ChoiceOrFirst<GlowPreset>(
        "--preset", "Which variant");

    public Option<CouplingKind> Coupling { get; } = CommandOptions.ChoiceOrFirst<CouplingKind>(
        "--coupling", "The couplings");

    public Option<double> Seconds { get; } = CommandOptions.Number("--seconds", "Time for each measurement", 3.0);

    public Option<ulong> Seed { get; } = CommandOptions.Seed();

    public Option<bool> Json { get; } = CommandOptions.Json("Print one JSON object");

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[]
        {
            Model, Levels, Steps, Hidden, Blocks, Size, Channels, Batch, Memory, Device, Precision, Threads, Preset,
            Coupling, Seconds, Seed, Json,
        })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The model of these options.</summary>
    /// <exception cref="FlowException">There is no such model, or its sizes do not fit.</exception>
    public IModelOptions Sizes(ParseResult parse)
    {
        string kind = parse.GetRequiredValue(Model);
        int? hidden = parse.GetValue(Hidden);
        IModelOptions sizes = kind switch
        {
            ModelSelection.Glow => new GlowOptions
            {
                Preset = parse.GetValue(Preset),
                Height = parse.GetValue(Size),
                Width = parse.GetValue(Size),
                Channels = parse.GetValue(Channels),
                Levels = parse.GetValue(Levels),
                Steps = parse.GetValue(Steps),
                Hidden = hidden ?? 512,
                Coupling = parse.GetValue(Coupling),
            },
            ModelSelection.RealNvp => new RealNvpOptions
            {
                Height = parse.GetValue(Size),
                Width = parse.GetValue(Size),
                Channels = parse.GetValue(Channels),
                Levels = parse.GetValue(Levels),
                Hidden = hidden ?? 32,
                Blocks = parse.GetValue(Blocks),
            },
            _ => throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"--model is {kind}, expected {ModelSelection.Glow} or {ModelSelection.RealNvp}"),
        };
        sizes.Validate();
        return sizes;
    }
}
