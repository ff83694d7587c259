using System.Buffers.Binary;

using FlowEngine.Cli;
using FlowEngine.Data;

using Xunit;

namespace FlowEngine.Tests.Data;

/// <summary>Tables that other tools wrote: each has the rows of one CSV file, or columns that are refused.</summary>
public sealed class ColumnarFormatsTests
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(Tables).Select(path => Path.GetFileName(path))
        .Where(name => name.StartsWith("rows-", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static string Tables => Path.Combine(AppContext.BaseDirectory, "Data", "Tables");

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_of_another_tool_has_the_rows_of_the_CSV_file(string name)
    {
        TableDataset expected = Read("rows.csv", "kind");
        TableDataset table = Read(name, "kind");
        Assert.Equal(expected.Columns, table.Columns);
        Assert.Equal("kind", table.LabelColumn);
        Assert.Equal(expected.ClassNames, table.ClassNames);
        Assert.Equal(expected.Labels, table.Labels);
        Assert.Equal(expected.Count, table.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].ToArray(), table[i].ToArray());
        }
    }

    [Theory]
    [InlineData("array-numpy.npy")]
    [InlineData("array-numpy-fortran.npy")]
    [InlineData("array-numpy.npz")]
    public void Arrays_of_NumPy_have_them_too(string name)
    {
        TableDataset expected = Read("rows.csv", "kind");
        TableDataset table = Read(name, null);
        Assert.Equal(
            Enumerable.Range(0, expected.Count).Select(i => expected[i].ToArray()),
            Enumerable.Range(0, table.Count).Select(i => table[i].ToArray()));
        Assert.Equal(name.EndsWith(".npz", StringComparison.Ordinal) ? expected.Labels : null, table.Labels);
    }

    [Theory]
    [InlineData("rows-duckdb-v1-snappy.parquet")]
    [InlineData("rows-polars-lz4.arrow")]
    public void Labels_may_be_numbers_and_text_is_refused_as_data(string name)
    {
        FlowException error = Assert.Throws<FlowException>(() => Read(name, "i8"));
        Assert.Equal(FlowErrorKind.BadFormat, error.Kind);
        Assert.Contains("column 12 (kind) holds text, expected numbers: name it as the labels (--label)", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<FlowException>(() => Read(name, "tree"));
        Assert.Equal(FlowErrorKind.InvalidArgument, error.Kind);
        Assert.Contains("has no column 'tree', expected one of i8, i16", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("f32", "row 0, column 0 (f32) is null, a missing value, expected a finite number: fill it in")]
    [InlineData("time", "column 0 (time) holds times, expected numbers: make a number of it")]
    [InlineData("day", "column 0 (day) holds times")]
    [InlineData("clock", "column 0 (clock) holds times")]
    [InlineData("price", "column 0 (price) holds decimals, expected numbers: cast it to float64")]
    [InlineData("pair", "column 0 (pair) holds lists, maps or structs, expected numbers: make columns of its parts")]
    [InlineData("part", "column 0 (part) holds lists, maps or structs")]
    [InlineData("flag", "does not read (the bools of flag are encoded by RLE: write them as integers)")]
    [InlineData("bytes", "column 0 (bytes) holds values of a type that is not read")]
    public void Values_that_are_no_numbers_are_refused_by_place(string column, string expected)
    {
        FlowException error = Assert.Throws<FlowException>(() => Read($"odd-{column}.parquet", null));
        Assert.Equal(FlowErrorKind.BadFormat, error.Kind);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_is_damaged_or_cut_short_is_refused()
    {
        using TestFolder folder = new();
        Random random = new(24);
        foreach (string name in (string[])["rows-duckdb-v1-snappy.parquet", "rows-polars-lz4.arrow", "rows-js.arrows"])
        {
            byte[] whole = File.ReadAllBytes(Path.Combine(Tables, name));
            for (int i = 0; i < 100; i++)
            {
                byte[] bytes = [.. whole];
                if (i % 2 == 0)
                {
                    bytes = bytes[..random.Next(bytes.Length)];
                }
                else
                {
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                }

                string path = folder.Write(name, bytes);
                try
                {
                    TableLoader.Load(path, CommandOptions.Table("kind"), 0, null);
                }
                catch (FlowException error)
                {
                    Assert.True(error.Kind is FlowErrorKind.BadFormat or FlowErrorKind.OutOfMemory or FlowErrorKind.InvalidArgument, error.Message);
                    Assert.DoesNotContain(error.Message, char.IsControl);
                }
            }
        }
    }

    [Fact]
    public void More_rows_than_a_batch_has_bytes_for_are_refused_before_they_take_memory()
    {
        const string Name = "rows-js.arrow";
        using TestFolder folder = new();
        byte[] whole = File.ReadAllBytes(Path.Combine(Tables, Name));
        int rows = Read(Name, "kind").Count;
        List<string> messages = [];
        for (int i = 0; i + sizeof(long) <= whole.Length; i += sizeof(long))
        {
            if (BinaryPrimitives.ReadInt64LittleEndian(whole.AsSpan(i)) != rows)
            {
                continue;
            }

            byte[] bytes = [.. whole];
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i), 1 << 30);
            string path = folder.Write(Name, bytes);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Exception? error = Record.Exception(() => TableLoader.Load(path, CommandOptions.Table("kind"), 0, null));
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 64 << 20, $"{allocated} bytes were allocated for byte {i}: {error}");
            messages.Add(error?.Message ?? string.Empty);
        }

        Assert.Contains(messages, message => message.Contains("(a batch of 1073741824 rows has ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_engine_names_what_reads_a_file_that_it_does_not_read()
    {
        FlowException error = Assert.Throws<FlowException>(
            () => TableLoader.Load(Path.Combine(Tables, "rows-js.arrow"), label: null, seed: 0));
        Assert.Equal(FlowErrorKind.Unsupported, error.Kind);
        Assert.Contains("only the flow command reads", error.Message, StringComparison.Ordinal);
    }

    private static TableDataset Read(string name, string? label) =>
        TableLoader.Load(Path.Combine(Tables, name), CommandOptions.Table(label), 0, null).All;
}
