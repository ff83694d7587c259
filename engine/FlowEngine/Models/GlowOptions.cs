using System.Text.Json;

using FlowEngine.Kernels;

namespace FlowEngine.Models;

/// <summary>The sizes of a Glow.</summary>
public sealed record GlowOptions : IModelOptions
{
    internal const string KindName = "glow";

    /// <summary>Rows of an image; divisible by 2^<see cref="Levels"/>.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of an image; divisible by 2^<see cref="Levels"/>.</summary>
    public required int Width { get; init; }

    /// <summary>Channels of an image.</summary>
    public required int Channels { get; init; }

    /// <summary>Levels, L.</summary>
    public required int Levels { get; init; }

    /// <summary>Steps of a level, K.</summary>
    public required int Steps { get; init; }

    /// <summary>Hidden channels of the coupling networks.</summary>
    public required int Hidden { get; init; }

    /// <summary>Affine or additive couplings.</summary>
    public CouplingKind Coupling { get; init; } = CouplingKind.Affine;

    /// <summary>Which variant.</summary>
    public GlowPreset Preset { get; init; } = GlowPreset.Glow;

    /// <summary>Grey levels of the data, 2 to 256.</summary>
    public int Bins { get; init; } = 256;

    /// <inheritdoc/>
    public ConditionOptions? Condition { get; init; }

    /// <inheritdoc/>
    public string Kind => KindName;

    int? IModelOptions.Bins => Bins;

    /// <inheritdoc/>
    public string Summary =>
        $"{(Preset == GlowPreset.Glow ? "glow" : "rosinality")}: {Levels} levels of {Steps} steps, hidden {Hidden}, "
        + $"{(Coupling == CouplingKind.Affine ? "affine" : "additive")} couplings"
        + (Condition is null ? string.Empty : $", {Condition.Summary}");

    /// <summary>Checks every size against the others.</summary>
    /// <exception cref="FlowException">A size is out of range or does not fit: what, and what was expected.</exception>
    public void Validate()
    {
        const int MaximumSize = 1 << 16;

        SizeCheck.Require("height", Height, 1, MaximumSize);
        SizeCheck.Require("width", Width, 1, MaximumSize);
        SizeCheck.Require("channels", Channels, 1, 4096);
        SizeCheck.Require("levels", Levels, 1, 16);
        SizeCheck.Require("steps", Steps, 1, 4096);
        SizeCheck.Require("hidden", Hidden, 1, 1 << 15);
        SizeCheck.Require("bins", Bins, 2, 256);
        Condition?.Validate();
        if ((long)Height * Width * Channels > int.MaxValue || (long)Channels << (Levels + 1) > MaximumSize)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"images of {Height}x{Width}x{Channels} in {Levels} levels are too large: expected at most 2^31 values, and "
                + $"at most {MaximumSize} channels at the last level");
        }

        // The largest array of a layer: 3x3 taps between the widest ends of a network or a prior.
        long widest = (long)Channels << (Levels + 1);
        int conditions = Condition?.Length ?? 0;
        if (9 * Math.Max(widest, (widest / 2) + conditions) * Math.Max(Hidden, 2 * widest) > int.MaxValue)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{widest} channels at the last level with {Hidden} hidden ones are too many: expected at most 2^31 weights "
                + "in a convolution");
        }

        int factor = 1 << Levels;
        if (Height % factor != 0 || Width % factor != 0)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"images of {Height}x{Width} cannot be halved {Levels} times: height and width must be multiples of "
                + $"{factor} (use fewer levels, or pad)");
        }
    }

    /// <inheritdoc/>
    public Flow Build() => Glow.Build(this);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("preset", Preset == GlowPreset.Glow ? "glow" : "rosinality");
        json.WriteNumber("height", Height);
        json.WriteNumber("width", Width);
        json.WriteNumber("channels", Channels);
        json.WriteNumber("levels", Levels);
        json.WriteNumber("steps", Steps);
        json.WriteNumber("hidden", Hidden);
        json.WriteString("coupling", Coupling == CouplingKind.Affine ? "affine" : "additive");
        json.WriteNumber("bins", Bins);
        Condition?.Write(json);
    }

    /// <summary>From JSON, as <see cref="Write"/> wrote it.</summary>
    internal static IModelOptions Read(JsonElement json) => new GlowOptions
    {
        Preset = JsonChoice.Read(json, "preset", ("glow", GlowPreset.Glow), ("rosinality", GlowPreset.Rosinality)),
        Height = json.GetProperty("height").GetInt32(),
        Width = json.GetProperty("width").GetInt32(),
        Channels = json.GetProperty("channels").GetInt32(),
        Levels = json.GetProperty("levels").GetInt32(),
        Steps = json.GetProperty("steps").GetInt32(),
        Hidden = json.GetProperty("hidden").GetInt32(),
        Coupling = JsonChoice.Read(
            json, "coupling", ("affine", CouplingKind.Affine), ("additive", CouplingKind.Additive)),
        Bins = json.GetProperty("bins").GetInt32(),
        Condition = ConditionOptions.Read(json),
    };
}
