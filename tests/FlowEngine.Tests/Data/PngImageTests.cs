using System.Text;
using FlowEngine.Data;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FlowEngine.Tests.Data;

public sealed class PngImageTests
{
    /// <summary>A 2x2 RGB image, its second row filtered by Up, deflated by Python's zlib.</summary>
    private const string Foreign =
        "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP4z8DA8J+BiZHh/3+G/wAeBAT/TIzW8AAAAABJRU5ErkJggg==";

    [Fact]
    public void A_foreign_file_is_read()
    {
        Image image = PngImage.Decode(Convert.FromBase64String(Foreign), "foreign");
        Assert.Equal([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255], image.Pixels);
    }

    /// <summary>A bit of the zlib header asks for a dictionary, which no PNG has.</summary>
    [Fact]
    public void A_preset_dictionary_is_refused_by_the_name_of_the_file_in_its_folder()
    {
        byte[] file = SamplePng.Encode(1, 1, 8, 0, [7]);
        int header = file.AsSpan().IndexOf("IDAT"u8) + 4;
        byte[] data = SamplePng.Zlib([0, 7]);
        (data[0], data[1]) = (0x78, 0xBB);
        Assert.Equal(0, (data[0] * 256 + data[1]) % 31);
        byte[] hostile = [.. file[..(header - 8)], .. SamplePng.Chunk("IDAT", data), .. SamplePng.Chunk("IEND", [])];
        using TestFolder folder = new();
        string path = folder.Write("image.png", hostile);
        FlowException refused = Assert.Throws<FlowException>(() => DatasetLoader.Load(folder.Root));
        Assert.Equal(FlowErrorKind.BadFormat, refused.Kind);
        Assert.StartsWith(path + ": ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_inverts_Encode()
    {
        Prop.ForAll(Images().ToArbitrary(), image =>
        {
            Image again = PngImage.Decode(PngImage.Encode(image), "image");
            Assert.Equal((image.Height, image.Width, image.Channels), (again.Height, again.Width, again.Channels));
            Assert.Equal(image.Pixels, again.Pixels);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Read_inverts_Write()
    {
        using TestFolder folder = new();
        string path = Path.Combine(folder.Root, "image.png");
        Image image = new(3, 4, 3, SampleFiles.Images(1, 36)[0]);
        PngImage.Write(path, image);
        Assert.Equal(image.Pixels, PngImage.Read(path).Pixels);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(0, 2, 1)]
    [InlineData(0, 4, 1)]
    [InlineData(0, 8, 1)]
    [InlineData(0, 16, 1)]
    [InlineData(2, 8, 3)]
    [InlineData(2, 16, 3)]
    [InlineData(3, 1, 1)]
    [InlineData(3, 2, 1)]
    [InlineData(3, 4, 1)]
    [InlineData(3, 8, 1)]
    [InlineData(4, 8, 2)]
    [InlineData(4, 16, 2)]
    [InlineData(6, 8, 4)]
    [InlineData(6, 16, 4)]
    public void Every_color_type_depth_filter_and_interlacing_is_read(int colorType, int depth, int perPixel)
    {
        Random random = new(colorType * 100 + depth);
        int channels = colorType is 0 or 4 ? 1 : 3;
        byte[] palette = new byte[3 << Math.Min(depth, 8)];
        random.NextBytes(palette);
        foreach ((int height, int width) in new[] { (1, 1), (3, 5), (8, 8), (13, 17), (2, 1), (1, 9) })
        {
            int[] samples = [.. Enumerable.Range(0, height * width * perPixel).Select(_ => random.Next(1 << depth))];
            byte[] expected = colorType == 3
                ? [.. samples.SelectMany(s => palette[(3 * s)..(3 * s + 3)])]
                : [.. samples.Where((_, i) => i % perPixel < channels).Select(s => ToByte(s, depth))];
            foreach (bool isInterlaced in new[] { false, true })
            {
                for (int filter = 0; filter <= 5; filter++)
                {
                    int fixedFilter = filter;
                    byte[] file = SamplePng.Encode(
                        height, width, depth, colorType, samples,
                        row => fixedFilter == 5 ? row % 5 : fixedFilter, isInterlaced, colorType == 3 ? palette : null);
                    Image image = PngImage.Decode(file, "sample");
                    Assert.Equal((height, width, channels), (image.Height, image.Width, image.Channels));
                    Assert.Equal(expected, image.Pixels);
                }
            }
        }
    }

    [Fact]
    public void Damage_is_named()
    {
        byte[] good = SamplePng.Encode(4, 4, 8, 0, new int[16]);
        byte[] header = [0, 0, 0, 4, 0, 0, 0, 4, 8, 0, 0, 0, 0];
        byte[] rows = SamplePng.Zlib(new byte[20]);
        Fails([], "signature");
        Fails(Encoding.ASCII.GetBytes("not an image at all, only text"), "signature");
        Fails(good[..^4], "cut short");
        Fails(good[..20], "cut short");
        Fails(good[..8], "cut short");
        byte[] flipped = [.. good];
        flipped[^20] ^= 1;
        Fails(flipped, "checksum");
        Fails(File(("IDAT", rows), ("IEND", [])), "order");
        Fails(File(("IHDR", header), ("IHDR", header)), "order");
        Fails(File(("IHDR", header[..12])), "header of 12");
        Fails(File(("IHDR", header), ("ABCD", [])), "unknown critical");
        Fails(File(("IHDR", header), ("IEND", [])), "0 bytes");
        Fails(File(("IHDR", header), ("IDAT", rows[..^8]), ("IEND", [])), "rows");
        Fails(File(("IHDR", header), ("IDAT", SamplePng.Zlib(new byte[19])), ("IEND", [])), "rows");
        Fails(File(("IHDR", header), ("IDAT", SamplePng.Zlib(new byte[21])), ("IEND", [])), "more rows");
        Fails(File(("IHDR", header), ("IDAT", [1, 2, 3]), ("IEND", [])), "rows");
        byte[] badFilter = new byte[20];
        badFilter[5] = 5;
        Fails(File(("IHDR", header), ("IDAT", SamplePng.Zlib(badFilter)), ("IEND", [])), "filter 5");
        Fails(File(("IHDR", With(header, 8, 3)), ("IDAT", rows), ("IEND", [])), "3 bits");
        Fails(File(("IHDR", With(header, 9, 5)), ("IDAT", rows), ("IEND", [])), "color type 5");
        Fails(File(("IHDR", With(header, 12, 2)), ("IDAT", rows), ("IEND", [])), "method");
        Fails(File(("IHDR", With(header, 3, 0)), ("IDAT", rows), ("IEND", [])), "4x0");
        Fails(File(("IHDR", With(header, 9, 3)), ("IDAT", rows), ("IEND", [])), "palette");
        Fails(File(("IHDR", With(header, 9, 3)), ("PLTE", [1, 2]), ("IDAT", rows), ("IEND", [])), "palette of 2");
        byte[] badIndex = new byte[20];
        badIndex[19] = 1;
        Fails(
            File(("IHDR", With(header, 9, 3)), ("PLTE", [1, 2, 3]), ("IDAT", SamplePng.Zlib(badIndex)), ("IEND", [])),
            "palette index 1");
    }

    [Fact]
    public void A_header_that_lies_allocates_nothing()
    {
        byte[] huge = [0x7f, 255, 255, 255, 0x7f, 255, 255, 255, 8, 2, 0, 0, 0];
        byte[] large = [0, 0, 0x18, 0, 0, 0, 0x18, 0, 8, 2, 0, 0, 0];
        byte[] rows = SamplePng.Zlib(new byte[20]);
        Fails(File(("IHDR", huge), ("IDAT", rows), ("IEND", [])), "at most");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Fails(File(("IHDR", large), ("IDAT", rows), ("IEND", [])), "expected more");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    [Fact]
    public void Other_channels_are_not_written() =>
        DataAssert.Fails(
            FlowErrorKind.InvalidArgument, () => PngImage.Encode(new Image(1, 1, 2, [0, 0])), "2 channels", "1 or 3");

    internal static Gen<Image> Images() =>
        from height in Gen.Choose(1, 20)
        from width in Gen.Choose(1, 20)
        from channels in Gen.Elements(1, 3)
        from pixels in Gen.Choose(0, 255).ArrayOf(height * width * channels)
        select new Image(height, width, channels, Array.ConvertAll(pixels, p => (byte)p));

    private static byte ToByte(int sample, int depth) =>
        (byte)Math.Round(sample * 255.0 / ((1 << depth) - 1), MidpointRounding.AwayFromZero);

    private static byte[] File(params (string Type, byte[] Data)[] chunks) =>
        [.. SamplePng.Signature, .. chunks.SelectMany(chunk => SamplePng.Chunk(chunk.Type, chunk.Data))];

    private static byte[] With(byte[] bytes, int index, byte value) =>
        [.. bytes[..index], value, .. bytes[(index + 1)..]];

    private static void Fails(byte[] file, string word) =>
        DataAssert.Fails(FlowErrorKind.BadFormat, () => PngImage.Decode(file, "image.png"), "image.png", word);
}
