using FlowEngine.Data;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Likelihood;

/// <summary>How odd a model finds some data, by several scores.</summary>
/// <remarks>
/// <para>
/// A density can be higher for foreign data than for the model's own (Nalisnick et al. 2019), above all for smooth
/// images. Typicality takes unusually high densities as odd, too (Nalisnick et al. 2019b); the complexity-corrected score
/// compares the model's code length with that of a general code (Serrà et al. 2020).
/// </para>
/// <code>
/// typicality     |-LogProb - mean of -LogProb over the training data|                                nats
/// latent norm    √(mean of ε²) of the standardized latents of a level: 1 is expected
/// complexity     -log₂ P - length of the image under PNG's Paeth filter and deflate, -log₂ P = D · BitsPerDim    bits
/// </code>
/// Of a datum so far out that its latents leave the range of float32 they are infinite.
/// </remarks>
/// <param name="LogProb">Log densities, nats: of images scaled to [-0.5, 0.5), of rows in their own units.</param>
/// <param name="Typicality">Null where the mean over the training data is not known.</param>
/// <param name="LatentNorms">By level.</param>
/// <param name="Complexity">Null for tables.</param>
public sealed record AnomalyScores(
    double[] LogProb, double[]? Typicality, IReadOnlyList<double[]> LatentNorms, double[]? Complexity)
{
    /// <summary>Every score under its name; higher is more anomalous.</summary>
    public IEnumerable<(string Name, double[] Values)> All()
    {
        yield return ("negative_log_prob", Array.ConvertAll(LogProb, value => -value));
        if (Typicality is not null)
        {
            yield return ("typicality", Typicality);
        }

        for (int l = 0; l < LatentNorms.Count; l++)
        {
            yield return ($"latent_norm_{l}", LatentNorms[l]);
        }

        if (Complexity is not null)
        {
            yield return ("complexity", Complexity);
        }
    }

    /// <summary>These scores, then others of the same model.</summary>
    /// <param name="other">The others.</param>
    public AnomalyScores Concat(AnomalyScores other) => new(
        [.. LogProb, .. other.LogProb],
        Typicality is null || other.Typicality is null ? null : [.. Typicality, .. other.Typicality],
        [.. LatentNorms.Zip(other.LatentNorms, (first, second) => (double[])[.. first, .. second])],
        Complexity is null || other.Complexity is null ? null : [.. Complexity, .. other.Complexity]);

    /// <summary>Scores images.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">Images of its shape and grey levels.</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="trainingLogProb">The mean log density of the training data; null to go without typicality.</param>
    /// <exception cref="FlowException">The data do not fit the model.</exception>
    public static AnomalyScores Of(Model model, ImageDataset data, ulong seed, double? trainingLogProb)
    {
        data.RequireFits(model.Config.Options);
        int dims = model.Flow.Dims;
        float[] conditions = Conditions.Of(model.Config.Options, data);
        (double[] logProb, double[][] norms) = Run(model, data.Count, conditions, (first, count) =>
        {
            byte[] levels = new byte[count * dims];
            for (int i = 0; i < count; i++)
            {
                data[first + i].CopyTo(levels.AsSpan(i * dims));
            }

            return model.Dequantize(levels, seed, (uint)first);
        });
        double[] complexity = new double[data.Count];
        for (int i = 0; i < complexity.Length; i++)
        {
            Image image = new(data.Height, data.Width, data.Channels, data[i].ToArray());
            complexity[i] = dims * BitsPerDim.FromLogProb(logProb[i], dims, data.Bins)
                - 8.0 * PngEncoder.CompressedLength(image);
        }

        return new AnomalyScores(logProb, Typicalities(logProb, trainingLogProb), norms, complexity);
    }

    /// <summary>Scores rows.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">Rows of its columns, scaled.</param>
    /// <param name="trainingLogProb">The mean log density of the training rows; null to go without typicality.</param>
    /// <exception cref="FlowException">The data do not fit the model.</exception>
    public static AnomalyScores Of(Model model, ScaledTable data, double? trainingLogProb)
    {
        data.RequireFits(model.Config.Options);
        (double[] logProb, double[][] norms) = Run(
            model,
            data.Count,
            Conditions.Of(model.Config.Options, data),
            (first, count) => data.Rows(first, count).ToArray());
        for (int i = 0; i < logProb.Length; i++)
        {
            logProb[i] += data.LogDet[i];
        }

        return new AnomalyScores(logProb, Typicalities(logProb, trainingLogProb), norms, null);
    }

    private static double[]? Typicalities(double[] logProb, double? trainingLogProb) => trainingLogProb is double mean
        ? Array.ConvertAll(logProb, value => Math.Abs(value - mean))
        : null;

    /// <summary>Log densities of what the model sees, and the norms of its standardized latents by level.</summary>
    private static (double[] LogProb, double[][] Norms) Run(
        Model model, int count, float[] conditions, Func<int, int, float[]> load)
    {
        int length = model.Flow.ConditionLength;
        double[] logProb = new double[count];
        double[][] norms = [.. model.Flow.Levels.Select(_ => new double[count])];
        for (int first = 0; first < count; first += model.BatchSize)
        {
            int batch = Math.Min(model.BatchSize, count - first);
            float[][] latents = model.Standardize(
                load(first, batch), out double[] part, conditions.AsSpan(first * length, batch * length));
            part.CopyTo(logProb, first);
            for (int l = 0; l < norms.Length; l++)
            {
                int dims = latents[l].Length / batch;
                for (int i = 0; i < batch; i++)
                {
                    double norm = Norm(latents[l].AsSpan(i * dims, dims));
                    norms[l][first + i] = double.IsNegativeInfinity(part[i]) && double.IsNaN(norm)
                        ? double.PositiveInfinity
                        : norm;
                }
            }
        }

        return (logProb, norms);
    }

    private static double Norm(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += (double)value * value;
        }

        return Math.Sqrt(sum / values.Length);
    }
}
