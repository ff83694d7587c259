using FlowEngine.Data;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Likelihood;

/// <summary>How well a model codes a data set.</summary>
/// <param name="BitsPerDim">Mean bits per dimension, with one draw of dequantization noise per image.</param>
/// <param name="BitsPerDimStandardError">Its standard error over images.</param>
/// <param name="Nats">Mean log density of the scaled data, nats per image.</param>
/// <param name="Images">Images.</param>
public sealed record Evaluation(double BitsPerDim, double BitsPerDimStandardError, double Nats, int Images)
{
    /// <summary>Evaluates a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">Images of its shape and grey levels, with labels where the model is conditional on classes.</param>
    /// <param name="seed">The seed of the noise.</param>
    /// <param name="progress">Told the images done so far; null for nobody.</param>
    /// <param name="cancel">Stops between batches.</param>
    /// <exception cref="FlowException">The data do not fit the model, or there are none.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was set.</exception>
    public static Evaluation Run(
        Model model, ImageDataset data, ulong seed, Action<int>? progress = null, CancellationToken cancel = default)
    {
        data.RequireFits(model.Config.Options);
        if (data.Count == 0)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"{data.Name} has no images to evaluate");
        }

        float[] conditions = Conditions.Of(model.Config.Options, data);
        int length = model.Flow.ConditionLength;
        byte[] batch = new byte[model.BatchSize * model.Flow.Dims];
        double[] nats = new double[data.Count];
        for (int first = 0; first < data.Count; first += model.BatchSize)
        {
            cancel.ThrowIfCancellationRequested();
            int count = Math.Min(model.BatchSize, data.Count - first);
            for (int i = 0; i < count; i++)
            {
                data[first + i].CopyTo(batch.AsSpan(i * model.Flow.Dims));
            }

            double[] logProb = model.LogProb(
                batch.AsSpan(0, count * model.Flow.Dims),
                seed,
                (uint)first,
                conditions.AsSpan(first * length, count * length));
            logProb.CopyTo(nats, first);
            progress?.Invoke(first + count);
        }

        return Of(nats, model.Flow.Dims, data.Bins);
    }

    /// <summary>The evaluation that log densities of images make.</summary>
    /// <param name="logProb">Of each image scaled to [-0.5, 0.5), nats; at least one.</param>
    /// <param name="dims">Dimensions of an image, D.</param>
    /// <param name="bins">Grey levels.</param>
    public static Evaluation Of(double[] logProb, int dims, int bins)
    {
        double[] bits = Array.ConvertAll(logProb, nats => Likelihood.BitsPerDim.FromLogProb(nats, dims, bins));
        double mean = bits.Average();
        double variance = bits.Sum(b => (b - mean) * (b - mean)) / Math.Max(1, bits.Length - 1);
        double meanNats = dims * (Math.Log(bins) - (mean * Math.Log(2)));
        return new Evaluation(mean, Math.Sqrt(variance / bits.Length), meanNats, bits.Length);
    }
}
