using System.Text.Json;

namespace FlowEngine.Models;

/// <summary>The sizes of a RealNVP.</summary>
public sealed record RealNvpOptions : IModelOptions
{
    internal const string KindName = "realnvp";

    /// <summary>Rows of an image; divisible by 2^(<see cref="Levels"/> - 1).</summary>
    public required int Height { get; init; }

    /// <summary>Columns of an image; divisible by 2^(<see cref="Levels"/> - 1).</summary>
    public required int Width { get; init; }

    /// <summary>Channels of an image.</summary>
    public required int Channels { get; init; }

    /// <summary>Levels, L: scales of the image.</summary>
    public required int Levels { get; init; }

    /// <summary>Hidden channels of the coupling networks.</summary>
    public required int Hidden { get; init; }

    /// <summary>Residual blocks of a coupling network, each of two convolutions.</summary>
    public required int Blocks { get; init; }

    /// <summary>Grey levels of the data, 2 to 256.</summary>
    public int Bins { get; init; } = 256;

    /// <inheritdoc/>
    public ConditionOptions? Condition { get; init; }

    /// <inheritdoc/>
    public string Kind => KindName;

    int? IModelOptions.Bins => Bins;

    /// <inheritdoc/>
    public string Summary => $"{Kind}: {Levels} levels, {Blocks} residual blocks, hidden {Hidden}"
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
        SizeCheck.Require("hidden", Hidden, 1, 4096);
        SizeCheck.Require("residual blocks", Blocks, 1, 256);
        SizeCheck.Require("bins", Bins, 2, 256);
        Condition?.Validate();
        if (Condition is { IntoNetworks: true })
        {
            throw new FlowException(
                FlowErrorKind.Unsupported, "the networks of a RealNVP take no condition: expected it into the prior alone");
        }

        // After its squeeze level l has 2^(l + 2) C channels; a network makes twice as many as it moves.
        long widest = (long)Channels << (Levels + 1);
        if ((long)Height * Width * Channels > int.MaxValue || widest > MaximumSize)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"images of {Height}x{Width}x{Channels} in {Levels} levels are too large: expected at most 2^31 values, and "
                + $"at most {MaximumSize} channels at the last level");
        }

        if (9L * Math.Max(widest, Hidden) * Hidden > int.MaxValue)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{widest} channels at the last level with {Hidden} hidden ones are too many: expected at most 2^31 weights "
                + "in a convolution");
        }

        int factor = 1 << (Levels - 1);
        if (Height % factor != 0 || Width % factor != 0)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"images of {Height}x{Width} cannot be halved {Levels - 1} times: height and width must be multiples of "
                + $"{factor} (use fewer levels, or pad)");
        }
    }

    /// <inheritdoc/>
    public Flow Build() => RealNvp.Build(this);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("height", Height);
        json.WriteNumber("width", Width);
        json.WriteNumber("channels", Channels);
        json.WriteNumber("levels", Levels);
        json.WriteNumber("hidden", Hidden);
        json.WriteNumber("blocks", Blocks);
        json.WriteNumber("bins", Bins);
        Condition?.Write(json);
    }

    /// <summary>From JSON, as <see cref="Write"/> wrote it.</summary>
    internal static IModelOptions Read(JsonElement json) => new RealNvpOptions
    {
        Height = json.GetProperty("height").GetInt32(),
        Width = json.GetProperty("width").GetInt32(),
        Channels = json.GetProperty("channels").GetInt32(),
        Levels = json.GetProperty("levels").GetInt32(),
        Hidden = json.GetProperty("hidden").GetInt32(),
        Blocks = json.GetProperty("blocks").GetInt32(),
        Bins = json.GetProperty("bins").GetInt32(),
        Condition = ConditionOptions.Read(json),
    };
}
