using System.Text;
using System.Text.Json;
using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Training;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FlowEngine.Tests.Data;

public sealed class TableScalingTests
{
    [Fact]
    public void Training_rows_get_mean_0_and_deviation_1_and_come_back()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            TableDataset table = RandomTable(seed);
            TableScaling scaling = TableScaling.Fit(table, null);
            ScaledTable scaled = scaling.Apply(table);
            TableDataset back = scaling.Restore("back", scaled.Values);
            for (int j = 0; j < 3; j++)
            {
                double[] z = [.. Enumerable.Range(0, table.Count).Select(i => (double)scaled.Rows(i, 1)[j])];
                Assert.True(Math.Abs(z.Average()) <= 1e-5);
                Assert.True(Math.Abs(z.Average(v => v * v) - 1) <= 1e-5);
                for (int i = 0; i < table.Count; i++)
                {
                    Assert.True(Math.Abs(back[i][j] - table[i][j]) <= 1e-6 * scaling.Columns[j].Deviation * (1 + Math.Abs(z[i])));
                }
            }

            Assert.All(scaled.LogDet, d => Assert.Equal(-scaling.Columns.Sum(c => Math.Log(c.Deviation)), d, 12));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_logit_has_its_log_determinant()
    {
        LogitTransform logit = new(0.05, -1, 3);
        foreach (double x in new[] { -0.999, -0.2, 0.0, 1.7, 2.999 })
        {
            const double Step = 1e-5;

            double logDet = 0;
            double unused = 0;
            double y = logit.Forward(x, ref logDet);
            double slope = (logit.Forward(x + Step, ref unused) - logit.Forward(x - Step, ref unused)) / (2 * Step);
            Assert.True(Math.Abs(logDet - Math.Log(slope)) <= 1e-7);
            Assert.True(Math.Abs(logit.Inverse(y) - x) <= 1e-12);
        }

        double atBounds = 0;
        Assert.True(double.IsFinite(logit.Forward(-1, ref atBounds)) && double.IsFinite(logit.Forward(3, ref atBounds)));
        Assert.True(double.IsFinite(atBounds));
        Assert.Equal((-1, 3), (logit.Inverse(-1e9), logit.Inverse(1e9)));
    }

    [Fact]
    public void Heavy_tails_are_drawn_in_by_a_map_that_has_its_inverse_its_slopes_and_its_place_in_a_checkpoint()
    {
        Random random = new(3);
        TableDataset table = new("t", ["heavy", "plain", "reversed"], [.. Enumerable.Range(0, 400).Select(_ =>
        {
            double heavy = 1e6 + Math.Exp(3 * ((random.NextDouble() + random.NextDouble() + random.NextDouble()) * 2 - 3));
            return (double[])[heavy, random.NextDouble(), 5 - (2 * heavy)];
        })]);
        TableScaling plain = TableScaling.Fit(table, null);
        TableSchema schema = Written(new TableSchema("t", plain.Treated(table), null, 0));
        TableScaling scaling = schema.Scaling;
        Assert.Equal([true, false, true], scaling.Columns.Select(column => column.Curve is not null));
        Assert.Equal(2, scaling.Dims);
        Assert.Contains("column heavy: some values are more than 20 times as far out", Assert.Single(scaling.Notes(), note => note.Contains("asinh", StringComparison.Ordinal)));
        ScaledTable scaled = scaling.Apply(table);
        Assert.True(Largest(scaled) < 0.5 * Largest(plain.Apply(table)));
        TableDataset back = scaling.Restore("back", scaled.Values);
        Assert.Empty(scaling.Departures(table));
        float[] values = new float[2];
        double[] gradient = new double[3];
        for (int i = 0; i < table.Count; i += 13)
        {
            double[] row = [.. table[i]];
            for (int j = 0; j < 3; j++)
            {
                Assert.True(Math.Abs(back[i][j] - row[j]) <= 1e-4 * (1 + Math.Abs(row[j] - scaling.Columns[j].Curve?.Center ?? 0)));
            }

            double step = 0.01 * (1 + Math.Abs(row[0] - 1e6));
            double up = scaling.Apply("t", i, [row[0] + step, row[1], row[2]], values);
            float z = values[0];
            double down = scaling.Apply("t", i, [row[0] - step, row[1], row[2]], values);
            double slope = (z - values[0]) / (2 * step);
            double logDet = Math.Log(slope) - Math.Log(scaling.Columns[1].Deviation);
            Assert.True(Math.Abs(scaled.LogDet[i] - logDet) <= 0.02, $"{scaled.LogDet[i]} and {logDet}");
            scaling.Backward(row, [0, 0], gradient, 1);
            Assert.True(Math.Abs(gradient[0] - ((up - down) / (2 * step))) <= 1e-3, $"{gradient[0]}");
        }

        static double Largest(ScaledTable rows) => rows.Values.Max(Math.Abs);
    }

    [Fact]
    public void Rows_heaped_on_few_values_get_noise_in_training_only()
    {
        TableDataset table = new("t", ["kind", "rare", "plain"], [.. Enumerable.Range(0, 400).Select(
            i => (double[])[i % 3, i % 20 == 0 ? i : 7, i * 0.37 % 1])]);
        TableScaling scaling = Written(new TableSchema("t", TableScaling.Fit(table, null).Treated(table), null, 0)).Scaling;
        ScaledTable scaled = scaling.Apply(table);
        Assert.Equal(scaled.Values, scaling.Apply(table).Values);
        float[] noise = scaled.Noise!;
        Assert.Equal(0.01 / scaling.Columns[0].Deviation, noise[0], 5);
        Assert.True(noise[1] > 0);
        Assert.Equal(0, noise[2]);

        using CpuBackend backend = new(1);
        BatchLoader loader = new(backend, scaled, [], new TrainerOptions { Batch = 400, Seed = 2 });
        using StepInput input = backend.CreateStepInput(400, 3, 0);
        using DeviceBuffer buffer = backend.Allocate(1200);
        double[][] drawn = [.. new long[] { 0, 0, 1 }.Select(update =>
        {
            loader.Load(update, input, buffer.View);
            double[] values = new double[1200];
            backend.Read(buffer.View, values);
            return values;
        })];
        Assert.Equal(drawn[0], drawn[1]);
        Assert.NotEqual(drawn[0], drawn[2]);
        double[] places = [.. Enumerable.Range(0, 400).Select(i => scaling.Columns[0].OnTheLine(drawn[0][3 * i]))];
        double[] away = [.. places.Select(place => place - Math.Round(place))];
        Assert.InRange(Math.Sqrt(away.Average(d => d * d)), 0.008, 0.012);
        Assert.Equal(
            scaled.Values.Where((_, i) => i % 3 == 2).Order(), drawn[0].Where((_, i) => i % 3 == 2).Select(v => (float)v).Order());
    }

    /// <summary>What a checkpoint gives back.</summary>
    private static TableSchema Written(TableSchema schema)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            schema.Write(json);
            json.WriteEndObject();
        }

        using JsonDocument document = JsonDocument.Parse(stream.ToArray());
        TableSchema read = TableSchema.Read(document.RootElement)!;
        Assert.Equal(schema.Scaling.Columns, read.Scaling.Columns);
        return read;
    }

    [Fact]
    public void With_a_logit_the_log_determinant_is_that_of_the_whole_map()
    {
        TableDataset table = new("t", ["a", "b"], [[0.1, 0.9], [0.4, 0.2], [0.7, 0.5], [0.9, 0.6]]);
        TableScaling scaling = TableScaling.Fit(table, new LogitTransform(1e-3, 0, 1));
        const double Step = 1e-3;

        ScaledTable scaled = scaling.Apply(table);
        for (int i = 0; i < table.Count; i++)
        {
            double expected = 0;
            for (int j = 0; j < 2; j++)
            {
                double[] up = [.. table[i]];
                double[] down = [.. table[i]];
                (up[j], down[j]) = (up[j] + Step, down[j] - Step);
                float[] ends = scaling.Apply(new TableDataset("t", ["a", "b"], [up, down])).Values;
                expected += Math.Log((ends[j] - ends[2 + j]) / (2 * Step));
            }

            Assert.True(Math.Abs(scaled.LogDet[i] - expected) <= 1e-3);
        }
    }

    [Fact]
    public void Many_constant_columns_are_told_of_in_one_line()
    {
        string[] names = ["x", .. Enumerable.Range(0, 5).Select(i => $"c{i}")];
        TableDataset table = new("t", names, [.. Enumerable.Range(0, 20).Select(i => (double[])[i, 1, 2, 3, 4, 5])]);
        Assert.Equal(
            ["5 columns are constant in the training rows, which has no density: they are left out, and samples get the "
                + "constants: column 1 (c0), column 2 (c1), column 3 (c2), ..."],
            TableScaling.Fit(table, null).Notes());
    }

    [Fact]
    public void Constant_and_repeated_columns_are_left_out_told_of_and_restored()
    {
        TableDataset table = new(
            "t",
            ["a", "same", "flipped", "always", "b"],
            [.. Enumerable.Range(0, 50).Select(i => (double[])[i, 10 + 2.0 * i, -0.5 * i, 7, i * i % 17])]);

        TableScaling scaling = TableScaling.Fit(table, null);
        ScaledTable scaled = scaling.Apply(table);
        TableDataset back = scaling.Restore("back", scaled.Values);
        string[] notes = [.. scaling.Notes()];

        Assert.Equal(2, scaling.Dims);
        Assert.Equal(3, notes.Length);
        Assert.Contains("column 1 (same) repeats column 0 (a)", notes[0], StringComparison.Ordinal);
        Assert.Contains("column 2 (flipped) repeats column 0 (a)", notes[1], StringComparison.Ordinal);
        Assert.Contains("column 3 (always) is always 7", notes[2], StringComparison.Ordinal);
        Assert.True(CsvReaderTests.Flat(table).Zip(CsvReaderTests.Flat(back)).All(p => Math.Abs(p.First - p.Second) <= 1e-4));
        Assert.Empty(scaling.Departures(table));
        TableDataset other = new("o", table.Columns, [[1, 12, -0.5, 8, 3], [1, 13, -0.5, 7, 3], [1, 12, 0.5, 8, 3]]);
        Assert.Equal([(1, 1), (2, 1), (3, 2)], scaling.Departures(other));
    }

    [Fact]
    public void A_scaling_survives_its_JSON()
    {
        TableDataset table = new(
            "t", ["a", "copy", "always"], [.. Enumerable.Range(0, 9).Select(i => (double[])[i / 10.0, 1 - i / 10.0, 0.3])]);
        TableScaling scaling = TableScaling.Fit(table, new LogitTransform(0.01, 0, 1));

        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            scaling.Write(json);
            json.WriteEndObject();
        }

        using JsonDocument document = JsonDocument.Parse(Encoding.UTF8.GetString(stream.ToArray()));
        TableScaling read = TableScaling.Read(document.RootElement)!;
        Assert.Equal(scaling.Columns, read.Columns);
        Assert.Equal(scaling.Logit, read.Logit);
        Assert.Equal(scaling.Apply(table).Values, read.Apply(table).Values);
        Assert.Null(TableScaling.Read(JsonDocument.Parse("{}").RootElement));
    }

    [Fact]
    public void What_has_no_scaling_is_refused()
    {
        TableDataset flat = new("t", ["a"], [[1], [1], [1]]);
        TableDataset wide = new("t", ["a", "b"], [[1, 2], [3, 5]]);

        DataAssert.Fails(FlowErrorKind.InvalidArgument, () => TableScaling.Fit(flat, null), "constant");
        DataAssert.Fails(FlowErrorKind.InvalidArgument, () => TableScaling.Fit(flat.Take(1), null), "at least 2");
        DataAssert.Fails(
            FlowErrorKind.InvalidArgument,
            () => TableScaling.Fit(wide, new LogitTransform(0.05, 0, 4)),
            "row 1, column 1 (b) is 5, expected 0 to 4");
        DataAssert.Fails(FlowErrorKind.InvalidArgument, () => TableScaling.Fit(wide, new LogitTransform(0.5, 0, 4)), "lambda");
        DataAssert.Fails(FlowErrorKind.InvalidArgument, () => TableScaling.Fit(wide, new LogitTransform(0.1, 4, 0)), "bounds");
        DataAssert.Fails(
            FlowErrorKind.InvalidArgument, () => TableScaling.Fit(wide, null).Apply(flat), "1 columns, the model expects 2");
        DataAssert.Fails(
            FlowErrorKind.InvalidArgument, () => _ = new TableDataset("t", ["a"], [[double.NaN]]), "row 0, column 0 (a)");
    }

    private static TableDataset RandomTable(int seed)
    {
        Random random = new(seed);
        double[] scale = [.. Enumerable.Range(0, 3).Select(_ => Math.Pow(10, random.Next(-6, 7)))];
        double[] shift = [.. scale.Select(s => s * random.Next(-100, 100))];
        return new TableDataset("t", ["a", "b", "c"], [.. Enumerable.Range(0, 64).Select(_ =>
            (double[])[.. scale.Zip(shift, (s, m) => m + s * (random.NextDouble() - 0.3))])]);
    }
}
