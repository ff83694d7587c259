using System.Globalization;
using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Likelihood;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Cli;

public sealed class Density2dTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("two-moons")]
    [InlineData("rings")]
    [InlineData("checkerboard")]
    public void A_drawn_density_of_a_built_in_shape_integrates_to_one(string shape)
    {
        string picture = _folder.File("density.png");
        string output = Draw("--data", shape, "--out", picture);
        RequireUnitIntegral(output);
        Assert.Contains("5000 test rows", output, StringComparison.Ordinal);
        Assert.Equal(500, PngImage.Decode(File.ReadAllBytes(picture), "density").Height);
    }

    [Fact]
    public void Two_columns_of_a_table_are_drawn_in_their_units_and_the_model_is_saved()
    {
        string table = WriteTable();
        string saved = _folder.File("model.safetensors");
        string output = Draw(
            "--data", table, "--columns", "2,a", "--label", "kind", "--out", _folder.File("a.png"), "--save", saved);
        RequireUnitIntegral(output);
        using IBackend backend = Devices.Open("cpu", 1);
        using Model model = Model.Load(saved, backend);
        Assert.Equal(["c", "a"], model.Config.Table.Scaling.Columns.Select(column => column.Name));
        Assert.InRange(model.Config.Table.Scaling.Columns[0].Mean, 1400, 1600);
    }

    [Theory]
    [InlineData("has 3 columns, expected two", "--label", "kind")]
    [InlineData("expected two different columns", "--label", "kind", "--columns", "a")]
    [InlineData("expected two different columns", "--label", "kind", "--columns", "a,0")]
    [InlineData("no column 'd'", "--label", "kind", "--columns", "a,d")]
    [InlineData("no column '3'", "--label", "kind", "--columns", "a,3")]
    [InlineData("column 1 (always) is always 7", "--label", "kind", "--columns", "a,always")]
    [InlineData("blocks is 0", "--label", "kind", "--columns", "a,c", "--blocks", "0")]
    [InlineData("updates is 0", "--label", "kind", "--columns", "a,c", "--updates", "0")]
    public void What_cannot_be_drawn_is_refused(string says, params string[] options)
    {
        string picture = _folder.File("density.png");
        CommandRun.Refuse(["density2d", "--data", WriteTable(), "--out", picture, .. options], says);
        Assert.False(File.Exists(picture));
    }

    [Fact]
    public void The_integral_of_a_density_is_one_and_that_over_half_the_plane_is_less()
    {
        TableDataset rows = TableLoader.Load("two-moons", null, seed: 0).Train;
        TableSchema table = new("moons", TableScaling.Fit(rows, null), null, 0);
        AutoregressiveOptions options = new()
        {
            Direction = AutoregressiveDirection.Density,
            Channels = 2,
            Blocks = 2,
            Hidden = 8,
            HiddenLayers = 1,
        };
        using IBackend backend = Devices.Open("cpu", 1);
        using Model model = Model.Create(
            new ModelConfig(options, IsInitialized: false, table), backend, seed: 3);
        model.Initialize(table.Scaling.Apply(rows).Rows(0, 256));
        double whole = GridIntegral.Run(model, (-10, 10), (-8, 8), cells: 250);
        Assert.True(Math.Abs(whole - 1) <= 1e-2, $"{whole}");
        Assert.InRange(GridIntegral.Run(model, (-10, 0), (-8, 8), cells: 250), 0.05, 0.95);
    }

    private static string Draw(params string[] options) =>
        WaitLineTests.Shows(
            ["density2d", "--blocks", "4", "--updates", "60", "--threads", "1", .. options],
            "training by 60 updates",
            "drawing the density",
            "integrating the density");

    private static void RequireUnitIntegral(string output)
    {
        const string Words = "integrates to ";
        string number = output[(output.IndexOf(Words, StringComparison.Ordinal) + Words.Length)..].Split(' ')[0];
        Assert.True(Math.Abs(double.Parse(number, CultureInfo.InvariantCulture) - 1) <= 1e-2, output);
    }

    private string WriteTable()
    {
        Random random = new(5);
        string path = _folder.File("table.csv");
        File.WriteAllLines(path, Enumerable.Range(0, 400).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $"{random.NextDouble() + random.NextDouble()},7,{1000 + 1000 * random.NextDouble()},{i % 3}"))
            .Prepend("a,always,c,kind"));
        return path;
    }
}
