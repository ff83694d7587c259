using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Fuzz;

/// <summary>Models of every kind, as small as they can be.</summary>
internal static class SmallModels
{
    /// <summary>Their descriptions.</summary>
    public static IReadOnlyList<string> Descriptions { get; } =
    [
        """{"model":"glow","height":2,"width":2,"channels":1,"levels":1,"steps":1,"hidden":2,"bins":4}""",
        """
        {"model":"glow","preset":"rosinality","height":2,"width":2,"channels":1,"levels":1,"steps":1,"hidden":1,"bins":2,
        "coupling":"additive","condition":{"classes":2,"into":"prior"}}
        """,
        """{"model":"realnvp","height":2,"width":2,"channels":1,"levels":2,"hidden":1,"blocks":1,"bins":256}""",
        """
        {"model":"maf","channels":2,"blocks":1,"hidden":2,"hidden_layers":1,"batch_norm":true,
        "condition":{"classes":3,"into":"both"}}
        """,
        """{"model":"iaf","channels":3,"blocks":2,"hidden":2,"hidden_layers":1,"mixing":"lu","condition":{"columns":1}}""",
        """{"model":"nice","channels":2,"blocks":2,"hidden":2,"hidden_layers":1,"prior":"logistic"}""",
        """{"model":"dense-glow","height":1,"width":2,"channels":1,"blocks":1,"hidden":1,"hidden_layers":1,"bins":16}""",
        """
        {"model":"transforms","channels":2,"prior":"gaussian","transforms":[{"type":"actnorm"},{"type":"asinh"},
        {"type":"permutation","order":"reverse"},{"type":"affine_coupling","hidden":2,"hidden_layers":1},{"type":"linear"},
        {"type":"autoregressive","hidden":2,"hidden_layers":1,"direction":"sample"}]}
        """,
        """{"model":"nsf","channels":2,"blocks":1,"hidden":2,"hidden_layers":1}""",
    ];

    /// <summary>A new model that passes for a trained one.</summary>
    /// <param name="description">One of <see cref="Descriptions"/>.</param>
    /// <param name="backend">Where it runs.</param>
    public static Model Create(string description, IBackend backend)
    {
        IModelOptions options = ModelKinds.Parse(description);
        Model model = Model.Create(ModelConfig.New(options, Schema(options)), backend, 1);
        model.MarkInitialized();
        return model;
    }

    /// <summary>The checkpoint of a model.</summary>
    /// <param name="model">The model.</param>
    public static byte[] Checkpoint(Model model)
    {
        using MemoryStream stream = new();
        model.Save(stream);
        return stream.ToArray();
    }

    /// <summary>What a model may know of its data: names, a logit and a column that is left out, of tables.</summary>
    public static DataSchema Schema(IModelOptions options)
    {
        DataSchema schema = DataSchema.AsIs("data", options);
        if (options.Bins is null && options.Condition?.IsClass != false)
        {
            TableColumn[] kept = [.. Enumerable.Range(0, options.Dims).Select(j => new TableColumn($"c{j}", 0.5 * j, 2))];
            TableScaling scaling = new(
                [.. kept, new TableColumn("one", 1, 0), new TableColumn("copy", 3, 4, CopyOf: 0, IsReversed: true)],
                new LogitTransform(0.05, -1, 1));
            schema = new TableSchema("table", scaling, "label", 7);
        }

        return options.Condition is { IsClass: true } classes
            ? schema with
            {
                Classes = new DataClasses(
                    classes.Length,
                    [.. Enumerable.Range(0, classes.Length).Select(i => $"class {i}")],
                    [.. Enumerable.Range(0, classes.Length).Select(i => 10L * i)]),
            }
            : schema;
    }
}
