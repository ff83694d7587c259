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
/// <param name="LogProb">Log density of each sample given its own label, nats; of rows in the units of their table.</param>
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

    /// <summary>The mean over some data of log p(x|y), nats; without those of -∞, if there are others.</summary>
    /// <param name="data">Their indices.</param>
    public double MeanLogProb(int[] data) => Evaluation.Positive([.. data.Select(i => LogProb[i])], out _).Average();

    /// <summary>The part of some data whose class the classifier finds.</summary>
    /// <param name="data">Their indices.</param>
    public double AccuracyOf(int[] data) => data.Average(i => Labels[i] == Answers[i] ? 1.0 : 0.0);

    /// <summary>Evaluates a model of classes.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">Labelled samples that fit it.</param>
    /// <param name="seed">The seed of the noise of grey levels.</param>
    /// <exception cref="FlowException">The data do not fit the model, have no labels, or there are none.</exception>
    public static ClassEvaluation Run(Model model, IDataset data, ulong seed = 0)
    {
        int[] labels = data.Labels ?? throw new FlowException(
            FlowErrorKind.InvalidArgument, $"{data.Name} has no labels, expected the classes of the model");
        return Run(model, data, labels, seed);
    }

    /// <summary>The classifier by Bayes' rule.</summary>
    /// <param name="model">A model of classes.</param>
    /// <param name="data">Samples that fit it; labels are not read.</param>
    /// <param name="seed">The seed of the noise of grey levels.</param>
    /// <returns>The class it takes for each sample, and p(y|x), (B, N).</returns>
    /// <exception cref="FlowException">The data do not fit the model, or there are none.</exception>
    public static (int[] Answers, double[] Posteriors) Predict(Model model, IDataset data, ulong seed = 0)
    {
        ClassEvaluation evaluation = Run(model, data, new int[data.Count], seed);
        return (evaluation.Answers, evaluation.Posteriors);
    }

    private static ClassEvaluation Run(Model model, IDataset data, int[] labels, ulong seed)
    {
        int classes = model.Config.Classes.Count;
        DatasetPass pass = new(model, data, seed);
        double[] logProb = new double[data.Count];
        int[] answers = new int[data.Count];
        double[] posteriors = new double[(long)data.Count * classes];
        while (pass.Next())
        {
            double[] part = pass.ClassLogProb();
            for (int i = 0; i < pass.Count; i++)
            {
                int sample = pass.First + i;
                Span<double> row = part.AsSpan(i * classes, classes);
                logProb[sample] = row[
                    model.Config.Options.Condition!.Class(labels[sample], $"{data.Name}: label {sample}")];
                answers[sample] = ToPosterior(row, model.Config.Classes.Counts);
                row.CopyTo(posteriors.AsSpan(sample * classes));
            }
        }

        pass.AddLogDet(logProb);
        return new ClassEvaluation(logProb, labels, answers, posteriors);
    }

    /// <summary>Log densities under every class become the probabilities of the classes.</summary>
    /// <param name="logProb">(N), overwritten.</param>
    /// <param name="counts">How often each class was, or null.</param>
    /// <returns>The likeliest class; the first of equal ones.</returns>
    /// <remarks>p(y|x) = p(x|y) p(y) / Σ p(x|y) p(y)</remarks>
    public static int ToPosterior(Span<double> logProb, IReadOnlyList<long>? counts)
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
