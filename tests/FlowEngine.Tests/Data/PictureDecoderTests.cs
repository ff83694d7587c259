using System.Buffers.Binary;
using FlowEngine.Data;
using FlowEngine.Imaging;
using Xunit;

namespace FlowEngine.Tests.Data;

/// <summary>Pictures that Pillow made, see Pictures/make.py.</summary>
public sealed class PictureDecoderTests
{
    private static readonly string _folder = Path.Combine(AppContext.BaseDirectory, "Data", "Pictures");
    private static readonly PictureDecoder _decoder = new();

    [Theory]
    [InlineData("picture.bmp")]
    [InlineData("picture.webp")]
    [InlineData("picture.tif")]
    [InlineData("picture.gif")]
    [InlineData("picture.png")]
    public void Lossless_formats_give_the_pixels_that_were_saved(string name)
    {
        Image picture = Read(name);
        Assert.Equal((4, 6, 3), (picture.Height, picture.Width, picture.Channels));
        for (int y = 0; y < 4; y++)
        {
            for (int x = 0; x < 6; x++)
            {
                Assert.Equal([40 * x, 60 * y, 255 - (20 * (x + y))], Pixel(picture, y, x));
            }
        }
    }

    [Fact]
    public void Grey_levels_are_one_channel()
    {
        Image tiff = Read("gray.tif");
        Assert.Equal((4, 6, 1), (tiff.Height, tiff.Width, tiff.Channels));
        Assert.Equal(Enumerable.Range(0, 24).Select(i => (byte)((40 * (i % 6)) + (5 * (i / 6)))), tiff.Pixels);
        Image jpeg = Read("gray.jpg");
        Assert.Equal((8, 16, 1), (jpeg.Height, jpeg.Width, jpeg.Channels));
        Assert.All(jpeg.Pixels, level => Assert.InRange(level, 129, 131));
    }

    [Fact]
    public void A_picture_on_its_side_is_turned_upright()
    {
        Image jpeg = Read("turned.jpg");
        Assert.Equal((32, 16, 3), (jpeg.Height, jpeg.Width, jpeg.Channels));
        Near([200, 20, 20], Pixel(jpeg, 0, 0), 6);
        Near([200, 20, 20], Pixel(jpeg, 12, 15), 6);
        Near([20, 20, 200], Pixel(jpeg, 31, 0), 6);
    }

    [Fact]
    public void Resized_and_cropped_pictures_are_those_of_torchvision()
    {
        Image expected = Read("noise-8.bmp");
        Image found = new ImageReading(_decoder, new ImagePreparation(Size: 8)).Read(Bytes("noise.bmp"), Path.GetExtension("noise.bmp"), "noise.bmp");
        Assert.Equal((8, 8, 3), (found.Height, found.Width, found.Channels));
        for (int i = 0; i < found.Pixels.Length; i++)
        {
            Assert.True(Math.Abs(found.Pixels[i] - expected.Pixels[i]) <= 1, $"{found.Pixels[i]} and {expected.Pixels[i]} at {i}");
        }
    }

    [Fact]
    public void Grey_is_that_of_Pillow()
    {
        Image found = new ImageReading(_decoder, new ImagePreparation(Channels: 1)).Read(Bytes("noise.bmp"), Path.GetExtension("noise.bmp"), "noise.bmp");
        Image expected = Read("noise-gray.bmp");
        Assert.Equal(1, found.Channels);
        Assert.Equal(Enumerable.Range(0, found.Pixels.Length).Select(i => expected.Pixels[3 * i]), found.Pixels);
        Image rgb = new ImageReading(_decoder, new ImagePreparation(Channels: 3)).Read(Bytes("gray.tif"), Path.GetExtension("gray.tif"), "gray.tif");
        Assert.Equal([45, 45, 45], Pixel(rgb, 1, 1));
    }

    [Theory]
    [InlineData("picture.bmp", 18, 22)]
    [InlineData("picture.gif", 6, 8)]
    public void A_bomb_is_refused_by_its_header(string name, int width, int height)
    {
        byte[] file = Bytes(name);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(width), ushort.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(height), ushort.MaxValue);
        DataAssert.Fails(
            FlowErrorKind.BadFormat, () => _decoder.Decode(file, name), name, "65535x65535 pixels", $"at most {PictureDecoder.MostPixels}");
    }

    // A GIF is whole with its first frame, which is in the first quarter of this one.
    [Theory]
    [InlineData("gray.jpg")]
    [InlineData("turned.jpg")]
    [InlineData("picture.bmp")]
    [InlineData("picture.webp")]
    [InlineData("picture.tif")]
    [InlineData("picture.gif")]
    public void A_file_that_is_cut_short_is_refused(string name)
    {
        byte[] file = Bytes(name);
        int[] lengths = [0, 1, 10, file.Length / 16, file.Length / 8, file.Length / 2, file.Length * 3 / 4, file.Length - 3];
        foreach (int length in lengths.Take(name.EndsWith("gif", StringComparison.Ordinal) ? 5 : lengths.Length))
        {
            DataAssert.Fails(FlowErrorKind.BadFormat, () => _decoder.Decode(file[..length], name), name);
        }
    }

    [Fact]
    public void A_picture_that_is_nearly_a_line_is_not_resized_to_a_huge_one()
    {
        Image line = new(1, 100_000, 1, new byte[100_000]);
        ImageReading reading = new(_decoder, new ImagePreparation(Size: 256));
        DataAssert.Fails(
            FlowErrorKind.BadFormat, () => reading.Read(PngImage.Encode(line), ".png", "line.png"), "line.png", "1x100000", "differ less");
    }

    private static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(_folder, name));

    private static Image Read(string name) => new ImageReading(_decoder).Read(Bytes(name), Path.GetExtension(name), name);

    private static int[] Pixel(Image picture, int y, int x) =>
        [.. Enumerable.Range(0, picture.Channels).Select(c => (int)picture.Pixels[(((y * picture.Width) + x) * picture.Channels) + c])];

    private static void Near(int[] expected, int[] found, int tolerance)
    {
        foreach ((int a, int b) in expected.Zip(found))
        {
            Assert.InRange(b, a - tolerance, a + tolerance);
        }
    }
}
