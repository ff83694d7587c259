using System.CommandLine;

using FlowEngine.Data;
using FlowEngine.Imaging;

namespace FlowEngine.Cli;

/// <summary>How pictures of any size and mode become images of one shape, of every command that reads images.</summary>
internal sealed class PictureOptions
{
    private static readonly PictureDecoder _decoder = new();

    public Option<int?> Size { get; } = CommandOptions.Number<int>(
        "--size",
        "Pictures: resizes the shorter side to N pixels, bilinear with antialiasing (the triangle filter), and crops the middle "
            + "to N x N [default: as they are]");

    public Option<bool> Gray { get; } = new("--gray")
    {
        Description = "Pictures: makes them grey, by the luma of BT.601 [default: as they are]",
    };

    public Option<bool> Rgb { get; } = new("--rgb")
    {
        Description = "Pictures: makes grey ones RGB [default: as they are]",
    };

    /// <summary>All of them.</summary>
    public Option[] All => [Size, Gray, Rgb];

    /// <summary>How the command line wants pictures read.</summary>
    /// <exception cref="FlowException">Two options contradict each other.</exception>
    public ImageReading Reading(ParseResult parse) => parse.GetValue(Gray) && parse.GetValue(Rgb)
        ? throw new FlowException(FlowErrorKind.InvalidArgument, "--gray is given beside --rgb, expected one of them")
        : Of(new ImagePreparation(
            parse.GetValue(Size), parse.GetValue(Gray) ? 1 : parse.GetValue(Rgb) ? 3 : null));

    /// <summary>Pictures prepared in a known way.</summary>
    public static ImageReading Of(ImagePreparation preparation) => new(_decoder, preparation);
}
