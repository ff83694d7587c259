using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using FlowEngine.Data;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FlowEngine.Tests.Data;

public sealed class NpyReaderTests
{
    private static readonly byte[][] _images = SampleFiles.Images(6, 2 * 3);

    [Theory]
    [InlineData("|u1")]
    [InlineData("<u2")]
    [InlineData(">u2")]
    [InlineData("<u4")]
    [InlineData(">u4")]
    [InlineData("<u8")]
    [InlineData(">u8")]
    [InlineData("<i2")]
    [InlineData(">i2")]
    [InlineData("<i4")]
    [InlineData(">i4")]
    [InlineData("<i8")]
    [InlineData(">i8")]
    [InlineData("<f2")]
    [InlineData(">f2")]
    [InlineData("<f4")]
    [InlineData(">f4")]
    [InlineData("<f8")]
    [InlineData(">f8")]
    public void Every_element_type_order_and_axis_order_gives_the_same_images(string elementType)
    {
        int itemSize = elementType[2] - '0';
        byte[] data = [.. SampleFiles.Concat(_images).SelectMany(v => Element(elementType, v))];
        byte[] fortran = SampleFiles.FortranOrder(data, [6, 2, 3], itemSize);

        DataAssert.Holds(_images, LoadNpy(SampleFiles.Npy(elementType, "(6, 2, 3)", data)));
        DataAssert.Holds(_images, LoadNpy(SampleFiles.Npy(elementType, "(6, 2, 3)", fortran, isFortranOrder: true)));
    }

    [Fact]
    public void Channels_first_is_read_where_nothing_else_makes_sense()
    {
        Gen<(int N, int H, int W, int C)> shapes =
            from n in Gen.Choose(2, 12)
            from h in Gen.Choose(1, 6)
            from w in Gen.Choose(5, 9)
            from c in Gen.Choose(1, 4)
            select (n, h, w, c);
        Prop.ForAll(shapes.ToArbitrary(), shape =>
        {
            (int n, int h, int w, int c) = shape;
            byte[][] images = SampleFiles.Images(n, h * w * c);
            byte[] last = SampleFiles.Concat(images);
            byte[] first = SampleFiles.Concat(
                Array.ConvertAll(images, image => SampleFiles.ChannelsFirst(image, h * w, c)));
            (string Shape, byte[] Data, bool IsFortran)[] files =
            [
                ($"({n}, {h}, {w}, {c})", last, false),
                ($"({n}, {h}, {w}, {c})", SampleFiles.FortranOrder(last, [n, h, w, c], 1), true),
                ($"({n}, {c}, {h}, {w})", first, false),
                ($"({n}, {c}, {h}, {w})", SampleFiles.FortranOrder(first, [n, c, h, w], 1), true),
            ];
            Assert.All(files, file =>
            {
                ImageParts parts =
                    LoadNpy(SampleFiles.Npy("|u1", file.Shape, file.Data, file.IsFortran));
                Assert.Equal((h, w, c), (parts.Train.Height, parts.Train.Width, parts.Train.Channels));
                DataAssert.Holds(images, parts);
            });
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(25));
    }

    [Fact]
    public void An_ambiguous_shape_is_channels_last()
    {
        (ImageDataset train, _) = LoadNpy(SampleFiles.Npy("|u1", "(2, 3, 4, 3)", new byte[72]));
        Assert.Equal((3, 4, 3), (train.Height, train.Width, train.Channels));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_version_is_read_gzipped_too(byte version)
    {
        byte[] file = SampleFiles.Npy("|u1", "(6, 2, 3)", SampleFiles.Concat(_images), version: version);
        DataAssert.Holds(_images, LoadNpy(file));
        DataAssert.Holds(_images, LoadNpy(SampleFiles.Gzip(file)));
    }

    [Fact]
    public void A_header_may_be_spaced_and_ordered_otherwise()
    {
        byte[] file = SampleFiles.NpyWithHeader(
            "{\"shape\":(6,2,3),'fortran_order' :False , 'descr':'|u1'}", SampleFiles.Concat(_images));
        DataAssert.Holds(_images, LoadNpy(file));
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(1.0, 255)]
    [InlineData(0.5, 128)]
    [InlineData(0.0039, 0)]
    [InlineData(0.00390625, 1)]
    [InlineData(0.999, 255)]
    public void Floats_are_quantized_to_256_levels_by_floor(double value, byte expected)
    {
        byte[] data = [.. BitConverter.GetBytes(value), .. BitConverter.GetBytes(value)];
        (ImageDataset train, _) = LoadNpy(SampleFiles.Npy("<f8", "(2, 1, 1)", data));
        Assert.Equal(expected, train[0][0]);
    }

    [Theory]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    [InlineData(double.NegativeInfinity, "-Infinity")]
    [InlineData(-0.25, "-0.25")]
    [InlineData(1.5, "1.5")]
    [InlineData(255, "255")]
    public void A_float_out_of_range_is_named_with_its_row(double value, string text)
    {
        foreach (string elementType in new[] { "<f8", ">f8", "<f4", ">f4", "<f2", ">f2" })
        {
            int itemSize = elementType[2] - '0';
            IEnumerable<double> values = Enumerable.Range(0, 24).Select(i => i == 17 ? value : 0.5);
            byte[] data = [.. values.SelectMany(v => FloatElement(elementType, v))];
            byte[] fortran = SampleFiles.FortranOrder(data, [6, 2, 2], itemSize);
            DataAssert.FailsToLoad("x.npy", SampleFiles.Npy(elementType, "(6, 2, 2)", data), "row 4", text, "[0,1]");
            DataAssert.FailsToLoad(
                "x.npy", SampleFiles.Npy(elementType, "(6, 2, 2)", fortran, isFortranOrder: true), "row 4", text);
        }
    }

    [Theory]
    [InlineData("<i2", "-1")]
    [InlineData(">i4", "256")]
    [InlineData("<u2", "65535")]
    [InlineData("<u8", "18446744073709551615")]
    [InlineData("|i1", "-128")]
    public void An_integer_out_of_range_is_named_with_its_row(string elementType, string value)
    {
        Int128 bad = Int128.Parse(value, CultureInfo.InvariantCulture);
        byte[] data = [.. Element(elementType, 0), .. IntegerElement(elementType, bad)];
        DataAssert.FailsToLoad("x.npy", SampleFiles.Npy(elementType, "(2, 1, 1)", data), "row 1", value, "0..255");
    }

    [Theory]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (2, 2, 2)}", "Python objects")]
    [InlineData("{'descr': '<U8', 'fortran_order': False, 'shape': (2, 2, 2)}", "<U8")]
    [InlineData("{'descr': '<c8', 'fortran_order': False, 'shape': (2, 2, 2)}", "<c8")]
    [InlineData("{'descr': '<f1', 'fortran_order': False, 'shape': (2, 2, 2)}", "<f1")]
    [InlineData("{'descr': '', 'fortran_order': False, 'shape': (2, 2, 2)}", "element type")]
    [InlineData("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 2, 2)}", "structured")]
    [InlineData("{'descr': '|u1', 'fortran_order': 0, 'shape': (2, 2, 2)}", "True or False")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 2, 2)}", "negative")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 99999999999999999999)}", "2^63")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 4294967296, 4294967296)}", "too large")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (9223372036854775807, 1, 1)}", "shape")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000, 1, 1)}", "1000000000 bytes")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 10000, 10000)}", "200000000 bytes")]
    [InlineData("{'descr': '|u1', 'fortran_order': True, 'shape': (1000000000, 1, 1)}", "1000000000 bytes")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 2, 2)}", "(0, 2, 2)")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 0, 2)}", "(2, 0, 2)")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (8,)}", "(8)")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", "()")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4)}", "(2, 4)")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 5, 5, 5)}", "(2, 5, 5, 5)")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 2, 1, 2)}", "1 to 4 channels")]
    [InlineData("{'descr': '|u1', 'fortran_order': False}", "lacks")]
    [InlineData("{'descr': '|u1', 'shape': (2, 2, 2)}", "lacks")]
    [InlineData("{'fortran_order': False, 'shape': (2, 2, 2)}", "lacks")]
    [InlineData("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2), 'more': 1}", "unknown key")]
    [InlineData("{'descr': '|u1", "quote")]
    [InlineData("{'descr': '|u1' 'shape'", "'}'")]
    [InlineData("{'descr': '\n\u0001', 'fortran_order': False, 'shape': (2, 2, 2)}", "element type")]
    [InlineData("", "'{'")]
    public void A_header_that_lies_or_is_foreign_is_refused(string header, string word) =>
        DataAssert.FailsToLoad("x.npy", SampleFiles.NpyWithHeader(header, new byte[8]), word);

    [Fact]
    public void Damage_is_named()
    {
        byte[] file = SampleFiles.Npy("|u1", "(6, 2, 3)", SampleFiles.Concat(_images));
        DataAssert.FailsToLoad("x.npy", file[..^1], "36", "35");
        DataAssert.FailsToLoad("x.npy", [.. file, 0], "36", "37");
        DataAssert.FailsToLoad("x.npy", file[..40]);
        DataAssert.FailsToLoad("x.npy", file[..9]);
        DataAssert.FailsToLoad("x.npy", SampleFiles.Gzip(file[..^1]), "early");
        DataAssert.FailsToLoad("x.npy", [.. file[..6], 9, .. file[7..]], "version");
        byte[] hugeHeader = SampleFiles.Npy("|u1", "(6, 2, 3)", [], version: 2);
        hugeHeader[11] = 0x7f;
        DataAssert.FailsToLoad("x.npy", hugeHeader, "header");
    }

    [Theory]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.NoCompression)]
    public void An_archive_gives_images_and_labels(CompressionLevel level)
    {
        byte[] images = SampleFiles.Npy("|u1", "(6, 2, 3)", SampleFiles.Concat(_images));
        byte[] digits = [.. Enumerable.Range(0, 6).SelectMany(i => IntegerElement(">i8", i))];
        byte[] labels = SampleFiles.Npy(">i8", "(6,)", digits);
        using TestFolder folder = new();
        foreach ((string imageKey, string labelKey) in new[]
        {
            ("images", "labels"), ("x", "y"), ("X", "y"), ("data", "labels"), ("arr_0", "y"), ("pictures", "y_train"),
        })
        {
            string path = folder.Write(
                "test_set.npz", SampleFiles.Npz(level, ("other", labels), (imageKey, images), (labelKey, labels)));
            (_, ImageDataset test) = DatasetLoader.Load(path);
            Assert.Equal(_images.Select(Convert.ToHexString), DataAssert.Hex(test));
            Assert.Equal([0, 1, 2, 3, 4, 5], test.Labels!);
        }
    }

    [Fact]
    public void An_archive_as_Kerass_gives_both_parts()
    {
        using TestFolder folder = new();
        string path = folder.Write("mnist.npz", SampleFiles.Npz(
            CompressionLevel.Optimal,
            ("x_test", SampleFiles.Npy("|u1", "(2, 2, 3)", SampleFiles.Concat(_images[..2]))),
            ("x_train", SampleFiles.Npy("|u1", "(4, 2, 3)", SampleFiles.Concat(_images[2..]))),
            ("y_train", SampleFiles.Npy("|u1", "(4, 1)", [5, 0, 4, 1])),
            ("y_test", SampleFiles.Npy("|u1", "(2,)", [7, 2]))));

        (ImageDataset train, ImageDataset test) = DatasetLoader.Load(path);

        Assert.Equal(_images[2..].Select(Convert.ToHexString), DataAssert.Hex(train));
        Assert.Equal(_images[..2].Select(Convert.ToHexString), DataAssert.Hex(test));
        Assert.Equal([5, 0, 4, 1], train.Labels!);
        Assert.Equal([7, 2], test.Labels!);
    }

    [Fact]
    public void Labels_that_are_no_classes_are_left_out_with_a_note()
    {
        ImageParts parts = LoadLabels("<f4", [.. BitConverter.GetBytes(0.5f), .. new byte[20]]);
        Assert.Null(parts.Train.Labels);
        Assert.Contains("row 0 is 0.5", Assert.Single(parts.Notes), StringComparison.Ordinal);
        Assert.Contains("type |O", Assert.Single(LoadLabels("|O", []).Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_of_every_type_are_classes()
    {
        byte[] doubles = [.. new double[] { 2, 0, 2, 1, 0, 1 }.SelectMany(BitConverter.GetBytes)];
        Assert.Equal("2 0 2 1 0 1", Names(LoadLabels("<f8", doubles)));
        Assert.Equal("1 0 1 0 0 1", Names(LoadLabels("|b1", [1, 0, 1, 0, 0, 1])));
        Assert.Equal("-1 1 -1 10 1 2", Names(LoadLabels("|i1", [255, 1, 255, 10, 1, 2])));
        Assert.Equal("b a b a c a", Names(LoadLabels("|S2", [.. "b\0a\0b\0a\0c\0a\0"u8])));
        Assert.Equal("ja ja no ja no ja", Names(LoadLabels("<U2", Encoding.UTF32.GetBytes("jajanojanoja"))));

        static string Names(ImageParts parts) => string.Join(' ', parts.All.Labels!.Select(
            label => DataClasses.NameOf(label, parts.All.ClassNames)));
    }

    [Fact]
    public void Bools_are_images_of_two_levels()
    {
        ImageParts parts = LoadNpy(SampleFiles.Npy("|b1", "(2, 2, 2)", [0, 1, 1, 0, 1, 1, 1, 0]));
        Assert.Equal(2, parts.All.Bins);
        Assert.Equal([0, 1, 1, 0], parts.All[0].ToArray());
        DataAssert.FailsToLoad("x.npy", SampleFiles.Npy("|b1", "(1, 2, 2)", [0, 1, 2, 0]), "row 0 holds 2");
    }

    [Theory]
    [InlineData("images", "features")]
    [InlineData("x_train", "y_train")]
    [InlineData("Images", "X")]
    [InlineData("pictures", "names")]
    public void Images_are_found_beside_arrays_of_any_kind(string images, string other)
    {
        using TestFolder folder = new();
        string path = folder.Write("x.npz", SampleFiles.Npz(
            CompressionLevel.Optimal,
            ("meta", SampleFiles.Npy("|O", "()", [1, 2, 3])),
            ("fields", SampleFiles.NpyWithHeader(
                "{'descr': [('a', '<f4'), ('b', '<i8', (2,))], 'fortran_order': False, 'shape': (6,), }", new byte[120])),
            ("text", SampleFiles.Npy("<U3", "(2, 3)", new byte[72])),
            (other, SampleFiles.Npy("|u1", "(6, 1)", [0, 1, 2, 3, 4, 5])),
            (images, SampleFiles.Npy("|u1", "(6, 2, 3)", SampleFiles.Concat(_images)))));
        Assert.False(TableLoader.IsTable(path));
        Assert.Equal(_images.Select(Convert.ToHexString), DataAssert.Hex(DatasetLoader.Load(path).All));
    }

    [Fact]
    public void Archives_without_one_clear_image_array_are_refused()
    {
        byte[] images = SampleFiles.Npy("|u1", "(6, 2, 3)", SampleFiles.Concat(_images));
        byte[] table = SampleFiles.Npy("|u1", "(6, 6)", SampleFiles.Concat(_images));
        byte[] labels = SampleFiles.Npy("|u1", "(5,)", new byte[5]);
        byte[] large = SampleFiles.Npy("<u4", "(6,)", [.. Enumerable.Repeat((byte)255, 24)]);
        const CompressionLevel Level = CompressionLevel.Optimal;
        DataAssert.FailsToLoad("x.npz", SampleFiles.Npz(Level, ("a", images), ("b", images)), "[a (6, 2, 3), b (");
        DataAssert.FailsToLoad("x.npz", SampleFiles.Npz(Level, ("X", table)), "X (6, 6)");
        DataAssert.FailsToLoad("x.npz", SampleFiles.Npz(Level, ("x", images), ("y", labels)), "5 labels");
        DataAssert.FailsToLoad("x.npz", SampleFiles.Npz(Level, ("x", images), ("y", large)), "row 0", "4294967295");
        DataAssert.FailsToLoad("x.npz", SampleFiles.Npz(Level, ("x", [1, 2, 3])), "x.npz(x)");
        DataAssert.FailsToLoad("x.npz", SampleFiles.Npz(Level));
        DataAssert.FailsToLoad("x.npz", SampleFiles.Npz(Level, ("x", images))[..^10]);
    }

    [Fact]
    public void A_flipped_pixel_in_an_archive_is_found_by_its_checksum()
    {
        byte[] file = SampleFiles.Npz(
            CompressionLevel.NoCompression, ("x", SampleFiles.Npy("|u1", "(6, 2, 3)", SampleFiles.Concat(_images))));
        int pixel = file.AsSpan().IndexOf(_images[3]);
        Assert.True(pixel > 0);
        file[pixel] ^= 1;
        DataAssert.FailsToLoad("x.npz", file, "checksum");
    }

    [Fact]
    public void A_directory_that_lies_allocates_nothing()
    {
        byte[] array = SampleFiles.Npy("|u1", "(2000000000, 1, 1)", new byte[100]);
        byte[] file = SampleFiles.Npz(CompressionLevel.Optimal, ("x", array));
        int directory = file.AsSpan().IndexOf("PK\u0001\u0002"u8);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(directory + 24), 2_000_000_000 + array.Length - 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        DataAssert.FailsToLoad("x.npz", file, "claims 2000000128 bytes");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 2_000_000);
    }

    private static ImageParts LoadLabels(string elementType, byte[] labels)
    {
        using TestFolder folder = new();
        return DatasetLoader.Load(folder.Write("x.npz", SampleFiles.Npz(
            CompressionLevel.Optimal,
            ("x", SampleFiles.Npy("|u1", "(6, 2, 3)", SampleFiles.Concat(_images))),
            ("y", SampleFiles.Npy(elementType, "(6,)", labels)))));
    }

    private static ImageParts LoadNpy(byte[] file)
    {
        using TestFolder folder = new();
        return DatasetLoader.Load(folder.Write("x.npy", file));
    }

    /// <summary>A level as an element: integers as they are, floats at the middle of the level's interval.</summary>
    private static byte[] Element(string elementType, byte level) => elementType[1] == 'f'
        ? FloatElement(elementType, (level + 0.5) / 256)
        : IntegerElement(elementType, level);

    private static byte[] IntegerElement(string elementType, Int128 value)
    {
        byte[] wide = new byte[16];
        BinaryPrimitives.WriteInt128LittleEndian(wide, value);
        return InOrder(elementType, wide[..(elementType[2] - '0')]);
    }

    private static byte[] FloatElement(string elementType, double value)
    {
        byte[] bytes = elementType[2] switch
        {
            '2' => BitConverter.GetBytes((Half)value),
            '4' => BitConverter.GetBytes((float)value),
            _ => BitConverter.GetBytes(value),
        };
        return InOrder(elementType, bytes);
    }

    private static byte[] InOrder(string elementType, byte[] littleEndian) =>
        elementType[0] == '>' ? [.. littleEndian.Reverse()] : littleEndian;
}
