using System.Runtime.InteropServices;

using FlowEngine.Data;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Data;

/// <summary>Tables that stay in their files are the tables that are loaded into memory, whatever is made of them.</summary>
public sealed class LargeTableTests : IDisposable
{
    private const int Count = 700;
    private const int Columns = 6;

    private readonly TestFolder _folder = new();

    public void Dispose()
    {
        ImageStore.LargestInMemory = long.MaxValue;
        _folder.Dispose();
    }

    [Fact]
    public void One_file_and_parts()
    {
        float[] values = Values();
        Same(Write("rows.npy", values));
        Write("parts/train.npy", values[..(500 * Columns)]);
        Write("parts/val.npy", values[(500 * Columns)..(600 * Columns)]);
        Write("parts/test.npy", values[(600 * Columns)..]);
        Same(Path.Combine(_folder.Root, "parts"));
    }

    [Fact]
    public void A_column_that_departs_late_is_no_copy()
    {
        float[] values = Values();
        values[(690 * Columns) + 4] += 0.5f;
        string path = Write("train.npy", values);
        ImageStore.LargestInMemory = 0;
        TableDataset rows = TableLoader.Load(path, null, 0).All;
        Assert.False(rows.IsInMemory);
        TableScaling scaling = TableScaling.Fit(rows, null);
        Assert.Equal([null, null, null, 0, null, 1], scaling.Columns.Select(column => column.CopyOf));
        Assert.Equal([false, false, false, false, false, true], scaling.Columns.Select(column => column.IsReversed));
    }

    [Fact]
    public void A_value_that_is_no_number_and_a_file_cut_short_are_errors_where_they_are_read()
    {
        float[] values = Values();
        values[(5 * Columns) + 2] = float.NaN;
        string path = Write("rows.npy", values);
        ImageStore.LargestInMemory = 0;
        TableDataset rows = TableLoader.Load(path, null, 0).All;
        double[] row = new double[Columns];
        rows.Read(4, row);
        DataAssert.Fails(FlowErrorKind.BadFormat, () => rows.Read(5, row), "rows.npy", "row 5, column 2 holds NaN");
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(1000);
        }

        DataAssert.Fails(FlowErrorKind.Io, () => rows.Read(Count - 1, row), "rows.npy", "cut short");
    }

    [Fact]
    public void Filling_a_batch_from_a_file_allocates_nothing()
    {
        string path = Write("rows.npy", Values());
        ImageStore.LargestInMemory = 0;
        TableDataset rows = TableLoader.Load(path, null, 0).Train;
        IDataset data = new TableSchema("rows", TableScaling.Fit(rows, null), null, 0).Open(rows);
        float[] values = new float[2 * data.Dims];
        int[] indices = [3, 7];
        data.Fill(indices, [], values);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            data.Fill(indices, [], values);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void Same(string source)
    {
        ImageStore.LargestInMemory = long.MaxValue;
        TableParts memory = TableLoader.Load(source, null, 3);
        ImageStore.LargestInMemory = 0;
        TableParts file = TableLoader.Load(source, null, 3);
        Assert.True(memory.Train.IsInMemory);
        Assert.False(file.Train.IsInMemory);
        foreach (LogitTransform? logit in (LogitTransform?[])[null, new LogitTransform(0.01, -5, 5)])
        {
            (TableDataset columns, TableDataset others) = memory.Train.Part(["2"]);
            TableSchema schema = new("rows", TableScaling.Fit(others, logit), null, 3) { Condition = TableScaling.Fit(columns, null) };
            (columns, others) = file.Train.Part(["2"]);
            TableSchema again = new("rows", TableScaling.Fit(others, logit), null, 3) { Condition = TableScaling.Fit(columns, null) };
            Assert.Equal(schema.Scaling.Columns, again.Scaling.Columns);
            Assert.Equal(schema.Condition.Columns, again.Condition.Columns);
            Same(schema.Open(memory.Train), again.Open(file.Train));
            Same(schema.Open(memory.Test), again.Open(file.Test));
            Same(schema.Open(memory.All).Take(610), again.Open(file.All).Take(610));
        }
    }

    private static void Same(IDataset memory, IDataset file)
    {
        Assert.Equal(memory.Count, file.Count);
        Assert.Equal(memory.Dims, file.Dims);
        Assert.Equal(memory.LogDet, file.LogDet);
        Assert.Equal(memory.Conditions, file.Conditions);
        Assert.Equal(Filled(memory), Filled(file));
        Assert.Equal(DataFingerprint.Of(memory, []), DataFingerprint.Of(file, []));
    }

    private static float[] Filled(IDataset data)
    {
        float[] values = new float[data.Count * data.Dims];
        data.Fill([.. Enumerable.Range(0, data.Count)], [], values);
        return values;
    }

    /// <summary>Columns of which the fourth repeats the first, the fifth is the third's, and the last is the second reversed.</summary>
    private static float[] Values()
    {
        Random random = new(7);
        float[] values = new float[Count * Columns];
        for (int i = 0; i < Count; i++)
        {
            Span<float> row = values.AsSpan(i * Columns, Columns);
            (row[0], row[1], row[2]) = (random.NextSingle() - 0.5f, (2 * random.NextSingle()) + 1, random.NextSingle());
            (row[3], row[4], row[5]) = (2 * row[0], row[2], -row[1]);
        }

        return values;
    }

    private string Write(string name, float[] values) => _folder.Write(
        name, SampleFiles.Npy("<f4", $"({values.Length / Columns}, {Columns})", MemoryMarshal.AsBytes<float>(values).ToArray()));
}
