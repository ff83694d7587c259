using System.Globalization;
using System.Text.Json;

namespace FlowEngine.Data;

/// <summary>How pictures of any size and mode become images of one shape.</summary>
/// <remarks>
/// The mode comes first: grey is the luma of ITU-R BT.601, (19595 R + 38470 G + 7471 B + 32768) / 65536, as Pillow's; RGB of a
/// grey picture is its level three times. Then the shorter side is resized to the size, by the triangle filter (bilinear, with
/// antialiasing where it shrinks, as torchvision's), and the middle is cut out.
/// </remarks>
/// <param name="Size">Rows and columns, at least 1; null for those of the picture.</param>
/// <param name="Channels">1 for grey, 3 for RGB; null for the picture's own.</param>
public sealed record ImagePreparation(int? Size = null, int? Channels = null)
{
    private const string Filter = "triangle";
    private const int RedWeight = 19595;
    private const int GreenWeight = 38470;
    private const int BlueWeight = 7471;

    /// <summary>Pictures as they are.</summary>
    public static ImagePreparation None { get; } = new();

    /// <summary>True where pictures are taken as they are.</summary>
    public bool IsNone => this == None;

    /// <summary>As the options of the command have it.</summary>
    public override string ToString() => string.Join(
        ' ',
        new[]
        {
            Size is int size ? string.Create(CultureInfo.InvariantCulture, $"--size {size}") : null,
            Channels is int channels ? channels == 1 ? "--gray" : "--rgb" : null,
        }.OfType<string>());

    /// <summary>Checks the sizes.</summary>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: one is out of range.</exception>
    internal void Validate()
    {
        if (Size is int size && (size < 1 || (long)size * size > Image.MaxLength / 4))
        {
            throw Invalid($"the size of pictures is {size}, expected 1 to {(int)Math.Sqrt(Image.MaxLength / 4)}");
        }

        if (Channels is not (null or 1 or 3))
        {
            throw Invalid($"pictures of {Channels} channels are asked for, expected 1 (grey) or 3 (RGB)");
        }
    }

    /// <summary>A picture as the data have it.</summary>
    /// <param name="picture">Of 1 or 3 channels.</param>
    /// <param name="decoder">What resizes.</param>
    /// <param name="name">What messages call the picture.</param>
    internal Image Apply(Image picture, IImageDecoder? decoder, string name)
    {
        picture = Channels switch
        {
            1 when picture.Channels == 3 => Gray(picture),
            3 when picture.Channels == 1 => Rgb(picture),
            _ => picture,
        };
        if (Size is not int size || (picture.Height, picture.Width) == (size, size))
        {
            return picture;
        }

        int shorter = Math.Min(picture.Height, picture.Width);
        long longer = (long)size * Math.Max(picture.Height, picture.Width) / shorter;
        if (longer * size * picture.Channels > Image.MaxLength)
        {
            throw DataFile.BadFormat(
                name, $"is {picture.Height}x{picture.Width}, expected sides that differ less: resized they are {size} and {longer}");
        }

        (int height, int width) = picture.Height == shorter ? (size, (int)longer) : ((int)longer, size);
        Image resized = (decoder ?? throw Invalid(
            "pictures are resized by a decoder, expected one beside the size, as that of the package FlowEngine.Imaging"))
            .Resize(picture, height, width);
        byte[] middle = new byte[size * size * resized.Channels];
        new ImagePadding(size, size, resized.Channels, height, width).Crop<byte>(resized.Pixels, middle);
        return new Image(size, size, resized.Channels, middle);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; <see cref="None"/> where there is nothing.</summary>
    internal static ImagePreparation Read(JsonElement json)
    {
        if (!json.TryGetProperty("preparation", out JsonElement written))
        {
            return None;
        }

        ImagePreparation preparation = new(
            written.TryGetProperty("size", out JsonElement size) ? size.GetInt32() : null,
            written.TryGetProperty("channels", out JsonElement channels) ? channels.GetInt32() : null);
        preparation.Validate();
        return preparation.Size is null || written.GetProperty("filter").GetString() == Filter
            ? preparation
            : throw Invalid("the filter of the preparation is unknown");
    }

    /// <summary>Writes a property of an open JSON object; nothing where pictures are taken as they are.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        if (IsNone)
        {
            return;
        }

        json.WriteStartObject("preparation");
        if (Size is int size)
        {
            json.WriteNumber("size", size);
            json.WriteString("filter", Filter);
        }

        if (Channels is int channels)
        {
            json.WriteNumber("channels", channels);
        }

        json.WriteEndObject();
    }

    private static Image Gray(Image picture)
    {
        byte[] levels = new byte[picture.Height * picture.Width];
        ReadOnlySpan<byte> rgb = picture.Pixels;
        for (int i = 0; i < levels.Length; i++, rgb = rgb[3..])
        {
            levels[i] = (byte)(((RedWeight * rgb[0]) + (GreenWeight * rgb[1]) + (BlueWeight * rgb[2]) + (1 << 15)) >> 16);
        }

        return new Image(picture.Height, picture.Width, 1, levels);
    }

    private static Image Rgb(Image picture)
    {
        Image rgb = new(
            picture.Height,
            picture.Width,
            3,
            new byte[Image.CheckedLength(picture.Height, picture.Width, 3)]);
        for (int i = 0; i < picture.Pixels.Length; i++)
        {
            rgb.Pixels.AsSpan(3 * i, 3).Fill(picture.Pixels[i]);
        }

        return rgb;
    }

    private static FlowException Invalid(string message) => new(FlowErrorKind.InvalidArgument, message);
}
