using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Likelihood;

/// <summary>
/// Labelled data under every class of a model: their density given their label, and the classifier by Bayes' rule.
/// </summary>
/// <remarks>
/// The classifier takes the class of the largest log p(x|y) + log p(y), with p(y) the frequency of y in the training data
/// (the same for all where the model does not know it): a class that those lacked is never the answer.
/// </remarks>
/// <param name="LogProb">Log density of each datum given its own label, nats.</param>
/// <param name="Labels">The label of each datum.</param>
/// <param name="Answers">The class the classifier takes for it.</param>
/// <param name="Posteriors">p(y|x), (B, N).</param>
public sealed record ClassEvaluation(double[] LogProb, int[] Labels, int[] Answers, double[] Posteriors)
{
    /// <summary>The part of the data whose class the classifier finds.</summary>
    public double Accuracy => Labels.Zip(Answers, (label, answer) => label == answer ? 1.0 : 0.0).Average();

    /// <summary>The classes there are data of, in order, with the indices of those.</summary>
    public IEnumerable<(int Class, int[] Data)> Classes => Enumerable.Range(0, Labels.Length)
        .GroupBy(i => Labels[i])
        .OrderBy(group => group.Key)
        .Select(group => (group.Key, group.ToArray()));

    /// <summary>The mean over some data of log p(x|y), nats.</summary>
    /// <param name="data">Their indices.</param>
    public double MeanLogProb(int[] data) => data.Average(i => LogProb[i]);

    /// <summary>The part of some data whose class the classifier finds.</summary>
    /// <param name="data">Their indices.</param>
    public double AccuracyOf(int[] data) => data.Average(i => Labels[i] == Answers[i] ? 1.0 : 0.0);

    /// <summary>Evaluates a model of classes on images.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">Labelled images of its shape and grey levels.</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <exception cref="FlowException">The data do not fit the model, have no labels, or there are none.</exception>
    public static ClassEvaluation Run(Model model, ImageDataset data, ulong seed)
    {
        data.RequireFits(model.Config.Options);
        int dims = model.Flow.Dims;
        return Run(model, data.Name, data.Labels, data.Count, (first, count) =>
        {
            byte[] levels = new byte[count * dims];
            for (int i = 0; i < count; i++)
            {
                data[first + i].CopyTo(levels.AsSpan(i * dims));
            }

            return model.ClassLogProb(levels, seed, (uint)first);
        });
    }

    /// <summary>Evaluates a model of classes on the rows of a table; log densities are in its units.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">Labelled rows of its columns, scaled.</param>
    /// <exception cref="FlowException">The data do not fit the model, have no labels, or there are none.</exception>
    public static ClassEvaluation Run(Model model, ScaledTable data)
    {
        data.RequireFits(model.Config.Options);
        ClassEvaluation scaled = Run(
            model, data.Name, data.Labels, data.Count, (first, count) => model.ClassLogProb(data.Rows(first, count)));
        return scaled with { LogProb = [.. scaled.LogProb.Zip(data.LogDet, (logProb, logDet) => logProb + logDet)] };
    }

    private static ClassEvaluation Run(
        Model model, string name, int[]? labels, int count, Func<int, int, double[]> classLogProb)
    {
        if (labels is null || count == 0)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                labels is null ? $"{name} has no labels, expected the classes of the model" : $"{name} has no data");
        }

        if (model.Config.Options.Condition is not { IsClass: true } condition)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, "the model is not conditional on classes");
        }

        int classes = condition.Length;
        double[] logProb = new double[count];
        int[] answers = new int[count];
        double[] posteriors = new double[(long)count * classes];
        for (int first = 0; first < count; first += model.BatchSize)
        {
            int batch = Math.Min(model.BatchSize, count - first);
            double[] part = classLogProb(first, batch);
            for (int i = 0; i < batch; i++)
            {
                Span<double> row = part.AsSpan(i * classes, classes);
                logProb[first + i] = row[condition.Class(labels[first + i], $"{name}: label {first + i}")];
                answers[first + i] = ToPosterior(row, model.Config.ClassCounts);
                row.CopyTo(posteriors.AsSpan((first + i) * classes));
            }
        }

        return new ClassEvaluation(logProb, labels, answers, posteriors);
    }

    /// <summary>Log densities under every class become the probabilities of the classes.</summary>
    /// <param name="logProb">(N), overwritten.</param>
    /// <param name="counts">How often each class was, or null.</param>
    /// <returns>The likeliest class; the first of equal ones.</returns>
    internal static int ToPosterior(Span<double> logProb, IReadOnlyList<long>? counts)
    {
        int best = 0;
        for (int c = 0; c < logProb.Length; c++)
        {
            logProb[c] += counts is null ? 0 : Math.Log(counts[c]);
            best = logProb[c] > logProb[best] || double.IsNaN(logProb[best]) ? c : best;
        }

        double largest = logProb[best];
        double sum = 0;
        for (int c = 0; c < logProb.Length; c++)
        {
            // Where no class has a density, none is likelier than another.
            logProb[c] = double.IsInfinity(largest) ? 1 : Math.Exp(logProb[c] - largest);
            sum += logProb[c];
        }

        for (int c = 0; c < logProb.Length; c++)
        {
            logProb[c] /= sum;
        }

        return best;
    }
}
