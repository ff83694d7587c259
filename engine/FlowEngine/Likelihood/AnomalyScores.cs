using FlowEngine.Data;
using FlowEngine.Models;

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

    /// <summary>Scores samples.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">Samples that fit it.</param>
    /// <param name="trainingLogProb">The mean log density of the training data; null to go without typicality.</param>
    /// <param name="seed">The seed of the noise of grey levels.</param>
    /// <exception cref="FlowException">The data do not fit the model, or there are none.</exception>
    public static AnomalyScores Of(Model model, IDataset data, double? trainingLogProb, ulong seed = 0)
    {
        DatasetPass pass = new(model, data, seed);
        double[] logProb = new double[data.Count];
        double[][] norms = [.. model.Flow.Levels.Select(_ => new double[data.Count])];
        while (pass.Next())
        {
            float[][] latents = pass.Standardize(out double[] part);
            part.CopyTo(logProb, pass.First);
            for (int l = 0; l < norms.Length; l++)
            {
                int dims = latents[l].Length / pass.Count;
                for (int i = 0; i < pass.Count; i++)
                {
                    double norm = Norm(latents[l].AsSpan(i * dims, dims));
                    norms[l][pass.First + i] = double.IsNegativeInfinity(part[i]) && double.IsNaN(norm)
                        ? double.PositiveInfinity
                        : norm;
                }
            }
        }

        pass.AddLogDet(logProb);
        return new AnomalyScores(
            logProb,
            trainingLogProb is double mean ? Array.ConvertAll(logProb, value => Math.Abs(value - mean)) : null,
            norms,
            data is ImageDataset images ? Complexities(images, logProb) : null);
    }

    private static double[] Complexities(ImageDataset images, double[] logProb)
    {
        double[] complexity = new double[images.Count];
        for (int i = 0; i < complexity.Length; i++)
        {
            Image image = new(images.Height, images.Width, images.Channels, images[i].ToArray());
            complexity[i] = images.Dims * BitsPerDim.FromLogProb(logProb[i], images.Dims, images.Bins)
                - 8.0 * PngEncoder.CompressedLength(image);
        }

        return complexity;
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
