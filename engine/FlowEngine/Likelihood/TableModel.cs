using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Likelihood;

/// <summary>A model of a table, asked in the units of the table.</summary>
/// <remarks>
/// <code>
/// using Model model = Model.Load("runs/flowers", backend);
/// TableModel table = new(model);
/// double[] logProb = table.LogProb(TableLoader.Load("flowers.csv", null, table.Schema).All);
/// </code>
/// </remarks>
public sealed class TableModel
{
    /// <summary>A view of a model, which stays the caller's.</summary>
    /// <param name="model">A model of a table.</param>
    /// <exception cref="FlowException">It is of images, or its checkpoint says nothing of its rows.</exception>
    public TableModel(Model model)
    {
        Model = model;
        Schema = model.Config.Table;
    }

    /// <summary>The model.</summary>
    public Model Model { get; }

    /// <summary>What it knows of its rows.</summary>
    public TableSchema Schema { get; }

    /// <summary>Log densities of rows, nats.</summary>
    /// <param name="rows">At least one, with the columns of the model in any order, and the condition or the labels where
    /// it is conditional.</param>
    /// <param name="cancel">Stops between batches.</param>
    /// <returns>One a row; -∞ for one so far out that a value leaves the range of float32.</returns>
    /// <exception cref="FlowException">The rows do not fit the model.</exception>
    public double[] LogProb(TableDataset rows, CancellationToken cancel = default) =>
        Evaluation.LogProb(Model, Schema.Apply(rows), cancel: cancel);

    /// <summary>The class that Bayes' rule takes for each row, and the probabilities of all.</summary>
    /// <param name="rows">At least one, with the columns of the model in any order.</param>
    /// <returns>Indices into the schema's classes, and (B, N).</returns>
    /// <exception cref="FlowException">The rows do not fit the model, or it is not of classes.</exception>
    public (int[] Classes, double[] Probabilities) Predict(TableDataset rows) =>
        ClassEvaluation.Predict(Model, Schema.Scaling.Apply(Schema.Select(rows).Rows));

    /// <summary>The latents of rows.</summary>
    /// <param name="rows">As for <see cref="LogProb"/>.</param>
    /// <returns>(B, D).</returns>
    /// <exception cref="FlowException">The rows do not fit the model.</exception>
    public float[] Forward(TableDataset rows)
    {
        ScaledTable scaled = Schema.Apply(rows);
        return Model.Forward(scaled.Values, Conditions.Of(Model.Config.Options, scaled))[0];
    }

    /// <summary>The rows of latents.</summary>
    /// <param name="latents">(B, D).</param>
    /// <param name="given">The values of the condition columns, of a model that has such.</param>
    /// <exception cref="FlowException">The length is not a whole number of rows, or a value is not finite.</exception>
    public TableDataset Inverse(float[] latents, double[]? given = null) =>
        Schema.Restore("rows", Model.Inverse([latents], given is null ? [] : Schema.ConditionOf(given)));

    /// <summary>Draws rows.</summary>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="temperature">Scales the latent noise: 1 draws from the model.</param>
    /// <param name="seed">The seed; row i of a seed is always the same.</param>
    /// <param name="given">The values of the condition columns, of a model that has such.</param>
    /// <exception cref="FlowException">An argument is out of range, or the model is conditional on classes.</exception>
    public TableDataset Sample(int count, double temperature = 1, ulong seed = 0, double[]? given = null) =>
        Draw(count, temperature, seed, given is null ? [] : Schema.ConditionOf(given));

    /// <summary>Draws rows of classes, from the same noise, with labels of their classes.</summary>
    /// <param name="classes">Indices into the schema's classes, in order.</param>
    /// <param name="count">How many of each, at least 1.</param>
    /// <param name="temperature">Scales the latent noise.</param>
    /// <param name="seed">The seed.</param>
    /// <exception cref="FlowException">An argument is out of range, or the model is not of classes.</exception>
    public TableDataset SampleClasses(IReadOnlyList<int> classes, int count, double temperature = 1, ulong seed = 0)
    {
        DataClasses known = Model.Config.Classes;
        List<double[]> rows = [];
        foreach (int drawn in classes)
        {
            TableDataset part = Draw(count, temperature, seed, Model.Config.Options.Condition!.OneHot([drawn]));
            rows.AddRange(Enumerable.Range(0, part.Count).Select(i => part[i].ToArray()));
        }

        int[] labels = [.. classes.SelectMany(drawn => Enumerable.Repeat(drawn, count))];
        return new TableDataset("samples", Schema.Columns, [.. rows], labels)
        {
            ClassNames = known.Names,
            LabelColumn = Schema.LabelColumn,
        };
    }

    private TableDataset Draw(int count, double temperature, ulong seed, float[] condition) =>
        Schema.Restore("samples", Model.Sample(count, temperature, seed, 0, condition));
}
