using FlowEngine.Data;
using FlowEngine.Tests.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>A prepared table is its source, to the last bit of what is trained on it.</summary>
public sealed class PreparedTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Tables => Path.Combine(AppContext.BaseDirectory, "Data", "Tables");

    public void Dispose()
    {
        ImageStore.LargestInMemory = long.MaxValue;
        _folder.Dispose();
    }

    [Theory]
    [InlineData("rows.csv")]
    [InlineData("rows-arrow-cpp-v1.parquet")]
    [InlineData("rows-polars-lz4.arrow")]
    public void It_trains_as_its_source(string name)
    {
        string source = _folder.File(name);
        File.Copy(Path.Combine(Tables, name), source);
        string prepared = CommandRun.Succeed(["prepare", source, _folder.File("prepared"), "--label", "kind"]);
        Assert.Contains("24 rows of 12 columns", prepared, StringComparison.Ordinal);
        Train(source, "memory");
        ImageStore.LargestInMemory = 0;
        Train(_folder.File("prepared"), "file");
        Assert.Equal(
            File.ReadAllBytes(_folder.File("memory/checkpoint.safetensors")), File.ReadAllBytes(_folder.File("file/checkpoint.safetensors")));
        CommandRun.Refuse(
            ["train", "--data", _folder.File("prepared"), "--label", "i8", "--out", _folder.File("other")],
            "was prepared with the labels in kind", "flow prepare --label i8");
    }

    [Fact]
    public void Parts_stay_parts_and_what_is_wrong_is_said()
    {
        Directory.CreateDirectory(_folder.File("parts"));
        foreach (string part in (string[])["train", "test"])
        {
            File.Copy(Path.Combine(Tables, "rows.csv"), _folder.File($"parts/{part}.csv"));
        }

        CommandRun.Succeed(["prepare", _folder.File("parts"), _folder.File("prepared"), "--label", "kind"]);
        TableParts source = TableLoader.Load(_folder.File("parts"), "kind", 0);
        TableParts again = TableLoader.Load(_folder.File("prepared"), null, 0);
        Assert.Equal(source.Train.Columns, again.Train.Columns);
        Assert.Equal(source.Train.ClassNames, again.Train.ClassNames);
        foreach ((TableDataset one, TableDataset other) in ((TableDataset, TableDataset)[])
            [(source.Train, again.Train), (source.Validation, again.Validation), (source.Test, again.Test)])
        {
            Assert.Equal(one.Labels, other.Labels);
            Assert.Equal(
                Enumerable.Range(0, one.Count).Select(i => one[i].ToArray()), Enumerable.Range(0, other.Count).Select(i => other[i].ToArray()));
        }

        CommandRun.Refuse(["prepare", _folder.File("parts"), _folder.File("prepared")], "is there already");
        CommandRun.Refuse(["prepare", _folder.File("parts"), _folder.File("again"), "--size", "8"], "--size 8");
        CommandRun.Refuse(["prepare", "digits", _folder.File("again"), "--label", "kind"], "--label is for tables");
        CommandRun.Refuse(["prepare", _folder.File("prepared"), _folder.File("again")], "train.npy", "is read by index as it is");
        File.WriteAllText(_folder.File("bad.csv"), "x,y\n1,2\n3,four\n");
        CommandRun.Refuse(["prepare", _folder.File("bad.csv"), _folder.File("again")], "line 3, column 1 (y) holds 'four'");
        Assert.False(Directory.Exists(_folder.File("again")));
        Assert.Empty(Directory.GetDirectories(_folder.File("."), "*.tmp"));
        File.WriteAllText(_folder.File("prepared/table.json"), "{}");
        CommandRun.Refuse(
            ["train", "--data", _folder.File("prepared"), "--out", _folder.File("other")], "table.json", "does not describe a prepared table");
    }

    private void Train(string source, string name) => CommandRun.Succeed(
        [
            "train", "--data", source, "--label", "kind", "--conditional", "--model", "maf", "--blocks", "1", "--hidden", "8", "--batch", "8",
            "--epochs", "3", "--out", _folder.File(name),
        ]);
}
