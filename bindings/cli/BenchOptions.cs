using System.CommandLine;

using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary>The options of <c>flow bench</c>.</summary>
internal sealed class BenchOptions
{
    public Option<int> Levels { get; } = CommandOptions.Number("--levels", "Levels, L", 3);

    public Option<int> Steps { get; } = CommandOptions.Number("--steps", "Steps of a level, K", 32);

    public Option<int> Hidden { get; } = CommandOptions.Number("--hidden", "Hidden channels of the networks", 512);

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
            Levels, Steps, Hidden, Size, Channels, Batch, Memory, Device, Precision, Threads, Preset, Coupling, Seconds, Seed, Json,
        })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The model of these options.</summary>
    public GlowOptions Glow(ParseResult parse)
    {
        GlowOptions glow = new()
        {
            Preset = parse.GetValue(Preset),
            Height = parse.GetValue(Size),
            Width = parse.GetValue(Size),
            Channels = parse.GetValue(Channels),
            Levels = parse.GetValue(Levels),
            Steps = parse.GetValue(Steps),
            Hidden = parse.GetValue(Hidden),
            Coupling = parse.GetValue(Coupling),
        };
        glow.Validate();
        return glow;
    }
}
