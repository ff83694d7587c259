using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Models;

using Xunit;

namespace FlowEngine.Tests.Data;

/// <summary>What a checkpoint says of the data of its model, now and in older versions.</summary>
public sealed class DataSchemaTests
{
    private static readonly ConditionOptions _classes = new(3, IsClass: true, ConditionInto.Prior);

    [Fact]
    public void A_table_comes_back_from_JSON_with_what_was_left_out()
    {
        TableDataset rows = new("t", ["a", "b", "c", "d"], [[1, 2, 7, 30], [2, 4, 7, 10], [4, 8, 7, 50]]);
        IModelOptions options = TinyVectors.Nice(columns: 2) with { Condition = _classes };
        TableSchema schema = new("t", TableScaling.Fit(rows, null), "kind", 3)
        {
            Classes = new DataClasses(3, ["cat", "dog", "4"], [1, 0, 2]),
        };
        string json = schema.ToJson();
        Assert.Contains("\"left_out\":\"copy\"", json, StringComparison.Ordinal);
        Assert.Contains("\"left_out\":\"constant\"", json, StringComparison.Ordinal);
        TableSchema read = Assert.IsType<TableSchema>(DataSchema.Parse(json, options));
        Assert.Equal(json, read.ToJson());
        Assert.Equal([0, 2], read.Classes!.Seen);
        Assert.Equal(schema.Apply(rows).Values, read.Apply(rows.SelectColumns([3, 1, 0, 2])).Values);
        DataAssert.Fails(
            FlowErrorKind.BadFormat, () => DataSchema.Parse(json, TinyVectors.Nice(columns: 3)), "does not read");
        DataAssert.Fails(FlowErrorKind.BadFormat, () => DataSchema.Parse("[]", options), "does not read");
    }

    [Fact]
    public void Older_checkpoints_load_and_number_their_classes()
    {
        IModelOptions options = TinyGlow.Options() with { Condition = _classes };
        string json = TinyGlow.Config(options).ToJson();
        int data = json.IndexOf("\"data\":", StringComparison.Ordinal);
        string older = json[..data] + """
            "data": { "name": "old", "height": 8, "width": 8, "scaling": "(level + u) / bins - 0.5", "class_counts": [1, 2, 3] } }
            """;
        ModelConfig config = ModelConfig.Parse(older, "test");
        Assert.Equal("old", config.Data!.Name);
        Assert.Equal([1, 2, 3], config.Classes.Counts!);
        Assert.Null(config.Classes.Names);
        Assert.Equal([2, 0], config.Classes.Number([2, 0], null, "new"));
        DataAssert.Fails(
            FlowErrorKind.InvalidArgument, () => config.Classes.Number([0], ["cat"], "new"), "no class 'cat'", "older");

        string rows = TinyGlow.Config(TinyVectors.Nice(columns: 2)).ToJson();
        rows = rows[..rows.IndexOf("\"data\":", StringComparison.Ordinal)]
            + "\"data\": { \"name\": \"\", \"height\": 1, \"width\": 1 } }";
        config = ModelConfig.Parse(rows, "test");
        Assert.Null(config.Data);
        Assert.Contains("no schema", config.DataSummary, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_of_a_folder_have_one_order_of_columns_and_one_list_of_classes()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("train.csv"), "a,b,kind\n1,2,dog\n3,4,cat\n5,6,dog\n");
        File.WriteAllText(folder.File("val.csv"), "b,kind,a\n20,dog,10\n");
        File.WriteAllText(folder.File("test.csv"), "kind,a,b\nbird,100,200\n");
        TableParts parts = TableLoader.Load(Path.GetDirectoryName(folder.File("x"))!, "kind", 0);
        Assert.Equal(["bird", "cat", "dog"], parts.Train.ClassNames!);
        Assert.Equal([2, 1, 2], parts.Train.Labels!);
        Assert.Equal([2], parts.Validation.Labels!);
        Assert.Equal([0], parts.Test.Labels!);
        Assert.Equal([10.0, 20.0], parts.Validation[0].ToArray());
        Assert.Equal([100.0, 200.0], parts.Test[0].ToArray());
    }

    [Fact]
    public void Images_of_a_folder_are_matched_by_the_name_of_their_class()
    {
        ImageDataset images = new("new", 2, 2, 1, 256, [[1, 2, 3, 240]], [0]) { ClassNames = ["dog"] };
        ImageSchema schema = new("old", 2, 2, 1, 16, 4, 5) { Classes = new DataClasses(2, ["cat", "dog"], [1, 1]) };
        ImageDataset applied = schema.Apply(images);
        Assert.Equal((4, 5, 16), (applied.Height, applied.Width, applied.Bins));
        Assert.Equal([1], applied.Labels!);
        Assert.Equal(images.Quantize(16)[0].ToArray(), schema.Restore(applied)[0].ToArray());
        ImageDataset levels = new("new", 2, 2, 1, 256, [[1, 2, 3, 15]]);
        Assert.Equal(levels[0].ToArray(), schema.Restore(schema.Apply(levels))[0].ToArray());
        ImageDataset birds = new("new", 2, 2, 1, 256, [[1, 2, 3, 4]], [0]) { ClassNames = ["bird"] };
        DataAssert.Fails(FlowErrorKind.InvalidArgument, () => schema.Apply(birds), "no class 'bird'", "cat, dog");
    }
}
