using FlowEngine.Anomalies;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Likelihood;
using FlowEngine.Tensors;
using FlowEngine.Tests.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Anomalies;

public sealed class AnomalyDetectorTests
{
    private const int Columns = 6;

    [Fact]
    public void Rows_between_clusters_are_found_and_few_normal_rows_are()
    {
        AnomalyDetector detector = Fit(Clusters(1000, 1), new AnomalyOptions { FalseAlarms = 0.01 });
        TableDataset normal = Clusters(2000, 2);
        TableDataset odd = Between(200);
        AnomalyFindings found = Score(detector, normal.Concat(odd));

        bool[] isAnomaly = [.. Enumerable.Repeat(false, 2000), .. Enumerable.Repeat(true, 200)];
        double auroc = Ranking.Auroc(found.Scores, isAnomaly);
        Assert.True(auroc >= 0.98, $"{auroc}");
        double falseAlarms = found.IsAnomaly.Take(2000).Count(flagged => flagged) / 2000.0;
        Assert.True(falseAlarms is >= 0.003 and <= 0.02, $"{falseAlarms}");

        // A p-value below the rate is what an anomaly is.
        Assert.All(Enumerable.Range(0, 2200), i => Assert.Equal(found.PValues[i] <= 0.01, found.IsAnomaly[i]));
    }

    [Theory]
    [InlineData(Columns)]
    [InlineData(80)]
    public void A_value_planted_in_one_column_is_blamed_on_it(int columns)
    {
        AnomalyDetector detector = Fit(Clusters(800, 3, columns));
        double[][] rows = [.. Rows(Clusters(200, 4, columns))];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i][i % columns] += i % 2 == 0 ? 4 : -4;
        }

        double[] shares = detector.Explain(new TableDataset("planted", Names(columns), rows));
        int right = Enumerable.Range(0, rows.Length).Count(i =>
        {
            double[] share = shares[(i * columns)..((i + 1) * columns)];
            return Array.IndexOf(share, share.Max()) == i % columns;
        });
        Assert.True(right >= 190, $"{right} of 200");
    }

    [Fact]
    public void A_detector_reads_back_as_it_was_written()
    {
        using TemporaryFolder folder = new();
        TableDataset rows = Clusters(300, 5);
        AnomalyDetector detector = Fit(rows, new AnomalyOptions { Contamination = 0.1, Seed = 7 });
        string path = folder.File("checkpoint.safetensors");
        detector.Save(path);

        Assert.True(AnomalyDetector.IsDetector(CheckpointFile.Load(path)));
        AnomalyDetector read = AnomalyDetector.Load(path);
        Assert.Equal(detector.Options, read.Options);
        Assert.Equal(detector.Threshold, read.Threshold);
        Assert.Equal(Score(detector, rows).Scores, Score(read, rows).Scores);
        Assert.Equal(Score(detector, rows).PValues, Score(read, rows).PValues);
    }

    [Fact]
    public void Contamination_leaves_anomalies_out_and_passes_so_many()
    {
        double[] uniform = new HostRandom(10, RandomPurpose.Sample, 0).Uniform(100 * Columns);
        TableDataset scattered = new(
            "scattered", Names(Columns), [.. uniform.Select(u => 16 * (u - 0.5)).Chunk(Columns)]);
        TableDataset dirty = Clusters(900, 8).Concat(scattered);
        AnomalyFindings found = Score(Fit(dirty, new AnomalyOptions { Contamination = 0.1 }), dirty);

        Assert.Equal(100, found.IsAnomaly.Count(is1 => is1));
        int right = found.IsAnomaly.Skip(900).Count(is1 => is1);
        Assert.True(right >= 85, $"{right} of 100");
    }

    [Fact]
    public void A_seed_gives_the_same_detector()
    {
        TableDataset rows = Clusters(400, 6);
        AnomalyOptions options = new() { Seed = 3 };
        Assert.Equal(Score(Fit(rows, options), rows).Scores, Score(Fit(rows, options), rows).Scores);
    }

    [Fact]
    public void Strange_tables_are_fitted()
    {
        // Columns that are constant, repeated, discrete and heavy-tailed, and rows that come again and again.
        double[] uniform = new HostRandom(1, RandomPurpose.Sample, 0).Uniform(60);
        double[][] rows = [.. uniform.Concat(uniform).Select(
            u => (double[])[7, u, 2 * u, Math.Floor(3 * u), Math.Tan(1.5 * (u - 0.5) * 2)])];
        TableDataset table = new("strange", Names(5), rows);
        AnomalyDetector detector = Fit(table);
        AnomalyFindings found = Score(detector, table);
        Assert.All(found.Scores, score => Assert.True(double.IsFinite(score)));
        double far = Score(detector, new TableDataset("far", Names(5), [[7, 1e30, 2e30, 1, 0]])).PValues[0];
        Assert.Equal(1 / 121.0, far, 12);
    }

    [Theory]
    [InlineData(150)]
    [InlineData(1100)]
    public void False_alarms_of_pictures_are_counted_by_picture(int count)
    {
        // By the highest of 8 positions: a threshold by positions would pass a third of the pictures.
        AnomalyDetector detector = FitPictures(count, new AnomalyOptions { FalseAlarms = 0.05 });
        Assert.Equal(count < 1000 ? count : count / 5, detector.HeldOutRows);
        double alarms = Enumerable.Range(0, 600).Count(i => Score(detector, Picture(5000 + i)).IsAnomaly.Any(found => found)) / 600.0;
        Assert.True(alarms is >= 0.02 and <= 0.09, $"{alarms}");
    }

    [Fact]
    public void Contamination_of_pictures_leaves_pictures_out_and_passes_so_many()
    {
        const int Pictures = 100;
        AnomalyDetector detector = FitPictures(Pictures, new AnomalyOptions { Contamination = 0.1 }, anomalies: 10);
        bool[] isAnomaly = [.. Enumerable.Range(0, Pictures).Select(
            i => Score(detector, Picture(i, isOdd: i < 10)).IsAnomaly.Any(found => found))];
        Assert.Equal(10, isAnomaly.Count(is1 => is1));
        Assert.True(isAnomaly.Take(10).Count(is1 => is1) >= 9);
    }

    [Fact]
    public void A_score_is_over_the_median_at_its_place()
    {
        double[] places = DetectorScale.Medians([1, 10, 2, 40, 3, 20], 2);
        Assert.Equal([2, 20], places);
        DetectorScale scale = new([1, 2], places);
        Assert.Equal([1, 0.25], scale.Scores([1, 6, 4, 12]));
        Assert.Equal([2, 3], scale.Highest([4, 20, 2, 60]));
    }

    [Fact]
    public void What_cannot_be_fitted_is_refused()
    {
        Assert.Contains("at least 8", Refusal(Clusters(7, 1), new AnomalyOptions()), StringComparison.Ordinal);
        Assert.Contains("contamination is 0.5", Refusal(Clusters(20, 1), new AnomalyOptions { Contamination = 0.5 }), StringComparison.Ordinal);
        Assert.Contains("false_alarms is 0", Refusal(Clusters(20, 1), new AnomalyOptions { FalseAlarms = 0 }), StringComparison.Ordinal);
    }

    private static AnomalyDetector FitPictures(int count, AnomalyOptions options, int anomalies = 0) => AnomalyDetector.Fit(
        "pictures",
        count,
        i => Picture(i, i < anomalies),
        new PictureNetwork("none", "map", 1, 1, [0, 0, 0], [1, 1, 1], IsByPosition: true),
        options,
        TestContext.Current.CancellationToken);

    /// <summary>A picture of 8 positions around a point of its own; in an odd one, two of them are somewhere else.</summary>
    private static TableDataset Picture(int index, bool isOdd = false)
    {
        const int Positions = 8;
        double[] normal = new HostRandom((ulong)index, RandomPurpose.Sample, 1).Normal((Positions + 1) * Columns);
        double[][] rows = [.. normal.Take(Positions * Columns).Select((x, i) => (0.5 * normal[^(1 + (i % Columns))]) + x).Chunk(Columns)];
        foreach (double[] row in isOdd ? rows[..2] : [])
        {
            row[index % Columns] += 7;
        }

        return new TableDataset($"picture {index}", Names(Columns), rows);
    }

    private static AnomalyDetector Fit(TableDataset rows, AnomalyOptions? options = null) =>
        AnomalyDetector.Fit(rows, options ?? new AnomalyOptions(), TestContext.Current.CancellationToken);

    private static AnomalyFindings Score(AnomalyDetector detector, TableDataset rows) =>
        detector.Score(rows, TestContext.Current.CancellationToken);

    private static string Refusal(TableDataset rows, AnomalyOptions options) =>
        Assert.Throws<FlowException>(() => Fit(rows, options)).Message;

    /// <summary>Two clusters far apart, in each of which columns depend on each other.</summary>
    private static TableDataset Clusters(int count, ulong seed, int columns = Columns)
    {
        double[] normal = new HostRandom(seed, RandomPurpose.Sample, 0).Normal(count * columns);
        double[][] rows = [.. Enumerable.Range(0, count).Select(i =>
        {
            double[] row = normal[(i * columns)..((i + 1) * columns)];
            for (int j = 1; j < columns; j++)
            {
                row[j] = (0.6 * row[j - 1]) + (0.4 * row[j]);
            }

            return Array.ConvertAll(row, value => value + (i % 2 == 0 ? 4 : -4));
        })];
        return new TableDataset("clusters", Names(columns), rows);
    }

    private static TableDataset Between(int count) => new(
        "between", Names(Columns), [.. Rows(Clusters(count, 9)).Select((row, i) => Array.ConvertAll(row, x => x + (i % 2 == 0 ? -4 : 4)))]);

    private static IEnumerable<double[]> Rows(TableDataset table) =>
        Enumerable.Range(0, table.Count).Select(i => table[i].ToArray());

    private static string[] Names(int columns) => [.. Enumerable.Range(0, columns).Select(j => $"c{j}")];
}
