using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Bmp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Formats.Tiff.Constants;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.Metadata.Profiles.Exif;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;

using Picture = FlowEngine.Data.Image;

namespace FlowEngine.Imaging;

/// <summary>Reads JPEG, WebP, BMP, GIF and TIFF by ImageSharp, and resizes pictures.</summary>
/// <remarks>
/// A picture is turned upright by its EXIF orientation; of several frames it is the first; transparency is dropped; samples of
/// 16 bits are rounded to 8; color profiles are not applied. JPEG and TIFF of grey levels have one channel, all others three.
/// PNG stays with the engine, whose reader refuses a file that is cut short: ImageSharp makes black of what is missing.
/// </remarks>
public sealed class PictureDecoder : FlowEngine.Data.IImageDecoder
{
    /// <summary>The most pixels that a header may ask for.</summary>
    public const long MostPixels = 1L << 27;

    private const int PoolMegabytes = 64;
    private const int LongestCause = 200;

    private readonly Configuration _configuration = new(
        new JpegConfigurationModule(),
        new WebpConfigurationModule(),
        new BmpConfigurationModule(),
        new GifConfigurationModule(),
        new TiffConfigurationModule())
    {
        // The callers' threads are the workers, and what one picture took is for the next.
        MaxDegreeOfParallelism = 1,
        MemoryAllocator = MemoryAllocator.Create(new MemoryAllocatorOptions { MaximumPoolSizeMegabytes = PoolMegabytes }),
    };

    /// <summary>A decoder.</summary>
    public PictureDecoder()
    {
        // ImageSharp lists these values by reflection, where NativeAOT makes no array of a type that it has not seen one of.
        GC.KeepAlive(Enum.GetValues<ExifDataType>());
        _configuration.ImageFormatsManager.SetDecoder(
            GifFormat.Instance, new GifDecoder { DecodingMode = FrameDecodingMode.First });
        _configuration.ImageFormatsManager.SetDecoder(
            TiffFormat.Instance, new TiffDecoder { DecodingMode = FrameDecodingMode.First });
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Endings { get; } =
        [".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff"];

    /// <inheritdoc/>
    public Picture Decode(byte[] file, string name)
    {
        try
        {
            IImageInfo? header = SixLabors.ImageSharp.Image.Identify(_configuration, file, out IImageFormat? format);
            if (header is null || format is null)
            {
                throw Bad(name, "is no picture by its first bytes");
            }

            if ((long)header.Width * header.Height > MostPixels)
            {
                throw Bad(name, $"is of {header.Height}x{header.Width} pixels by its header", $"at most {MostPixels} pixels");
            }

            if (!FileEnd.IsThere(file, format))
            {
                throw Bad(name, "is cut short");
            }

            using Image<Rgb24> image = SixLabors.ImageSharp.Image.Load<Rgb24>(_configuration, file);
            bool isGray = IsGray(image, format);
            image.Mutate(picture => picture.AutoOrient());
            byte[] pixels = new byte[3 * image.Width * image.Height];
            image.CopyPixelDataTo(pixels);
            return new Picture(image.Height, image.Width, isGray ? 1 : 3, isGray ? FirstOfThree(pixels) : pixels);
        }
        catch (Exception exception) when (exception is not (FlowException or OutOfMemoryException))
        {
            // What the library throws over damaged bytes is of any type.
            throw Bad(name, $"does not decode ({PrintableText.OneLine(exception.Message, LongestCause).TrimEnd('.')})", cause: exception);
        }
    }

    /// <inheritdoc/>
    public Picture Resize(Picture picture, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(picture);
        byte[] pixels = new byte[height * width * picture.Channels];
        switch (picture.Channels)
        {
            case 1:
                Resize<L8>(picture, height, width, pixels);
                break;
            case 3:
                Resize<Rgb24>(picture, height, width, pixels);
                break;
            default:
                throw new FlowException(
                    FlowErrorKind.InvalidArgument, $"a picture of {picture.Channels} channels, expected 1 or 3");
        }

        return new Picture(height, width, picture.Channels, pixels);
    }

    private void Resize<TPixel>(Picture picture, int height, int width, byte[] pixels)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        using Image<TPixel> image = SixLabors.ImageSharp.Image.WrapMemory<TPixel>(
            _configuration, picture.Pixels.AsMemory(), picture.Width, picture.Height);
        using Image<TPixel> resized = image.Clone(copy => copy.Resize(new ResizeOptions
        {
            Size = new Size(width, height),
            Mode = ResizeMode.Stretch,
            Sampler = KnownResamplers.Triangle,
        }));
        resized.CopyPixelDataTo(pixels);
    }

    private static bool IsGray(SixLabors.ImageSharp.Image image, IImageFormat format) =>
        (format == JpegFormat.Instance && image.Metadata.GetJpegMetadata().ColorType == JpegColorType.Luminance)
        || (format == TiffFormat.Instance && image.Frames.RootFrame.Metadata.GetTiffMetadata().PhotometricInterpretation
            is TiffPhotometricInterpretation.BlackIsZero or TiffPhotometricInterpretation.WhiteIsZero);

    private static byte[] FirstOfThree(byte[] pixels)
    {
        byte[] levels = new byte[pixels.Length / 3];
        for (int i = 0; i < levels.Length; i++)
        {
            levels[i] = pixels[3 * i];
        }

        return levels;
    }

    private static FlowException Bad(string name, string problem, string? expected = null, Exception? cause = null) => new(
        FlowErrorKind.BadFormat, $"{name}: {problem}, expected {expected ?? "a whole JPEG, WebP, BMP, GIF or TIFF file"}", cause);
}
