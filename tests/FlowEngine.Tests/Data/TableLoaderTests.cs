using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using FlowEngine.Data;
using Xunit;

namespace FlowEngine.Tests.Data;

public sealed class TableLoaderTests
{
    private static readonly double[] _values = [.. Enumerable.Range(0, 40).Select(i => (double)(i * i % 23))];

    [Theory]
    [InlineData("<f8", 8)]
    [InlineData("<f4", 4)]
    [InlineData(">i2", 2)]
    [InlineData("|u1", 1)]
    public void An_npy_table_of_any_type_and_order(string type, int itemSize)
    {
        byte[] data = [.. _values.SelectMany(value => Element(type, value))];
        byte[] fortran = SampleFiles.FortranOrder(data, [20, 2], itemSize);
        using TestFolder folder = new();

        string rows = folder.Write("rows.npy", SampleFiles.Npy(type, "(20, 2)", data));
        string columns = folder.Write("columns.npy", SampleFiles.Npy(type, "(20, 2)", fortran, isFortranOrder: true));

        Assert.True(TableLoader.IsTable(rows) && TableLoader.IsTable(columns));
        Assert.Equal(Sorted(_values), Sorted(TableLoader.Load(rows, null, 0).All));
        Assert.Equal(Sorted(_values), Sorted(TableLoader.Load(columns, null, 0).All));
    }

    [Fact]
    public void An_npz_with_labels_as_adbench_has_it()
    {
        byte[] x = SampleFiles.Npy("<f8", "(20, 2)", MemoryMarshal.AsBytes(_values.AsSpan()).ToArray());
        byte[] y = SampleFiles.Npy(
            "<i4", "(20,)", [.. Enumerable.Range(0, 20).SelectMany(i => BitConverter.GetBytes(i % 2))]);
        using TestFolder folder = new();
        string path = folder.Write("set.npz", SampleFiles.Npz(CompressionLevel.Optimal, ("X", x), ("y", y)));

        TableParts parts = TableLoader.Load(path, null, 0);

        Assert.True(TableLoader.IsTable(path));
        Assert.Equal((16, 2, 2), (parts.Train.Count, parts.Validation.Count, parts.Test.Count));
        Assert.Equal(10, parts.All.Labels!.Sum());
        foreach (TableDataset part in new[] { parts.Train, parts.Validation, parts.Test })
        {
            for (int i = 0; i < part.Count; i++)
            {
                int row = Enumerable.Range(0, 20).First(r => part[i].SequenceEqual(_values.AsSpan(2 * r, 2)));
                Assert.Contains(
                    Enumerable.Range(0, 20),
                    r => part[i].SequenceEqual(_values.AsSpan(2 * r, 2)) && r % 2 == part.Labels![i] && r >= row);
            }
        }
    }

    [Fact]
    public void Parts_of_an_archive_and_of_a_folder_stay_parts()
    {
        byte[] Rows(int first, int count) => SampleFiles.Npy(
            "<f8", $"({count}, 2)", MemoryMarshal.AsBytes(_values.AsSpan(2 * first, 2 * count)).ToArray());
        using TestFolder folder = new();
        string archive = folder.Write("parts.npz", SampleFiles.Npz(
            CompressionLevel.NoCompression, ("x_train", Rows(0, 10)), ("x_val", Rows(10, 4)), ("x_test", Rows(14, 6))));
        folder.Write("set/train.npy", Rows(0, 10));
        folder.Write("set/val.npy", Rows(10, 4));
        folder.Write("set/test.npy", Rows(14, 6));

        foreach (string source in new[] { archive, Path.Combine(folder.Root, "set") })
        {
            TableParts parts = TableLoader.Load(source, null, 0);
            Assert.True(TableLoader.IsTable(source));
            Assert.Equal(_values[..20], CsvReaderTests.Flat(parts.Train));
            Assert.Equal(_values[20..28], CsvReaderTests.Flat(parts.Validation));
            Assert.Equal(_values[28..], CsvReaderTests.Flat(parts.Test));
        }
    }

    [Fact]
    public void A_split_is_that_of_its_seed_and_loses_nothing()
    {
        using TestFolder folder = new();
        string path = folder.Write(
            "table.csv", Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 1000))));

        TableParts parts = TableLoader.Load(path, null, 5);
        TableParts again = TableLoader.Load(path, null, 5);
        TableParts other = TableLoader.Load(path, null, 6);

        Assert.Equal((810, 90, 100), (parts.Train.Count, parts.Validation.Count, parts.Test.Count));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (double)i), Sorted(parts.All));
        Assert.Equal(CsvReaderTests.Flat(parts.Test), CsvReaderTests.Flat(again.Test));
        Assert.Equal(CsvReaderTests.Flat(parts.Validation), CsvReaderTests.Flat(again.Validation));
        Assert.NotEqual(CsvReaderTests.Flat(parts.Test), CsvReaderTests.Flat(other.Test));
        Assert.Equal(Sorted(parts.Test), CsvReaderTests.Flat(parts.Test));
    }

    [Fact]
    public void A_gzipped_csv_reads_and_a_test_file_is_wholly_test()
    {
        using TestFolder folder = new();
        byte[] text = Encoding.UTF8.GetBytes("x,y\n1,2\n3,4\n");

        TableParts test = TableLoader.Load(folder.Write("test_rows.csv.gz", SampleFiles.Gzip(text)), null, 0);

        Assert.Equal((0, 0, 2), (test.Train.Count, test.Validation.Count, test.Test.Count));
    }

    [Theory]
    [InlineData("two-moons")]
    [InlineData("rings")]
    [InlineData("checkerboard")]
    public void A_shape_is_that_of_its_seed(string name)
    {
        TableParts parts = TableLoader.Load(name, null, 1);

        Assert.True(TableLoader.IsTable(name));
        Assert.Equal((100_000, 2_000, 5_000), (parts.Train.Count, parts.Validation.Count, parts.Test.Count));
        Assert.Equal(CsvReaderTests.Flat(parts.Train), CsvReaderTests.Flat(TableLoader.Load(name, null, 1).Train));
        Assert.NotEqual(CsvReaderTests.Flat(parts.Train), CsvReaderTests.Flat(TableLoader.Load(name, null, 2).Train));
        Assert.All(Enumerable.Range(0, parts.Train.Count), i => Assert.True(IsInShape(name, parts.Train[i])));
    }

    [Theory]
    [InlineData("(20,)", 20)]
    [InlineData("(0, 4)", 0)]
    [InlineData("(2, 5, 1, 2)", 20)]
    public void Arrays_of_other_axes_are_refused(string shape, int count)
    {
        using TestFolder folder = new();
        string path = folder.Write("odd.npy", SampleFiles.Npy("<f8", shape, new byte[8 * count]));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => TableLoader.Load(path, null, 0), "odd.npy", "shape");
    }

    [Theory]
    [InlineData(false, "row 3, column 1")]
    [InlineData(true, "row 13, column 0")]
    public void A_value_that_is_not_finite_is_named_by_place(bool isFortranOrder, string place)
    {
        double[] values = [.. _values];
        values[isFortranOrder ? 13 : 7] = double.NaN;
        using TestFolder folder = new();
        string path = folder.Write("nan.npy", SampleFiles.Npy(
            "<f8", "(20, 2)", MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), isFortranOrder));
        DataAssert.Fails(FlowErrorKind.BadFormat, () => TableLoader.Load(path, null, 0), "nan.npy", place, "NaN");
    }

    [Fact]
    public void A_missing_file_and_a_label_of_an_array_are_refused()
    {
        using TestFolder folder = new();
        string path = folder.Write(
            "rows.npy", SampleFiles.Npy("<f8", "(20, 2)", MemoryMarshal.AsBytes(_values.AsSpan()).ToArray()));
        DataAssert.Fails(FlowErrorKind.Io, () => TableLoader.Load("no/such.csv", null, 0), "no/such.csv");
        DataAssert.Fails(FlowErrorKind.InvalidArgument, () => TableLoader.Load(path, "y", 0), "label column");
    }

    private static bool IsInShape(string name, ReadOnlySpan<double> row)
    {
        (double x, double y) = (row[0], row[1]);
        double radius = Math.Sqrt(x * x + y * y);
        return name switch
        {
            // Six standard deviations of the noise.
            "two-moons" => Math.Min(Math.Abs(radius - 1), Math.Abs(Math.Sqrt((x - 1) * (x - 1) + (y - 0.5) * (y - 0.5)) - 1))
                < 6 * 0.08,
            "rings" => Math.Min(Math.Abs(radius - 1), Math.Abs(radius - 2)) < 6 * 0.06,
            _ => Math.Abs(x) <= 2 && Math.Abs(y) <= 2 && ((int)Math.Floor(x) + (int)Math.Floor(y)) % 2 == 0,
        };
    }

    private static IEnumerable<double> Sorted(TableDataset table) => CsvReaderTests.Flat(table).Order();

    private static IEnumerable<double> Sorted(double[] values) => values.Order();

    private static byte[] Element(string type, double value) => type switch
    {
        "<f8" => BitConverter.GetBytes(value),
        "<f4" => BitConverter.GetBytes((float)value),
        ">i2" => [0, (byte)value],
        _ => [(byte)value],
    };
}
