using System.Runtime.InteropServices;

using FlowEngine.Data;
using FlowEngine.Models;
using FlowEngine.Ranks;

namespace FlowEngine.Likelihood;

/// <summary>How likely a model makes a data set: the mean over its samples, in two units.</summary>
/// <remarks>
/// Of images nats are those of the images scaled to [-0.5, 0.5), with one draw of dequantization noise each. Of
/// continuous values, which have no code length, bits per dimension are -Nats / (D ln 2). A sample of log density -∞ would
/// make every mean -∞: the means are over the others, and say how many were left out.
/// </remarks>
/// <param name="BitsPerDim">Mean bits per dimension.</param>
/// <param name="BitsPerDimStandardError">Its standard error over samples.</param>
/// <param name="Nats">Mean log density of a sample, nats; of rows in the units of their table.</param>
/// <param name="NatsStandardError">Its standard error over samples.</param>
/// <param name="Samples">How many samples there were.</param>
public sealed record Evaluation(
    double BitsPerDim, double BitsPerDimStandardError, double Nats, double NatsStandardError, int Samples)
{
    /// <summary>Samples of log density -∞, which the means leave out; if all are, the means are -∞.</summary>
    public int LeftOut { get; init; }

    /// <summary>Evaluates a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">Samples that fit it, with labels where the model is conditional on classes.</param>
    /// <param name="seed">The seed of the noise of grey levels.</param>
    /// <param name="progress">Told the samples done so far; null for nobody.</param>
    /// <param name="cancel">Stops between batches.</param>
    /// <exception cref="FlowException">The data do not fit the model, or there are none.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was set.</exception>
    public static Evaluation Run(
        Model model,
        IDataset data,
        ulong seed = 0,
        Action<int>? progress = null,
        CancellationToken cancel = default) =>
        Of(LogProb(model, data, seed, progress, cancel), data);

    /// <summary>Log densities of samples: of images scaled to [-0.5, 0.5), of rows in the units of their table.</summary>
    /// <inheritdoc cref="Run"/>
    /// <returns>One a sample, nats.</returns>
    public static double[] LogProb(
        Model model,
        IDataset data,
        ulong seed = 0,
        Action<int>? progress = null,
        CancellationToken cancel = default)
    {
        double[] logProb = new double[data.Count];
        Fill(new DatasetPass(model, data, seed), logProb, progress, cancel);
        return logProb;
    }

    /// <summary>The same of each rank's part, and on all ranks of all.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">The samples, the same on all ranks.</param>
    /// <param name="seed">The seed of the noise of grey levels.</param>
    /// <param name="ranks">Who share the work.</param>
    internal static double[] SharedLogProb(Model model, IDataset data, ulong seed, ICommunicator ranks)
    {
        double[] logProb = new double[data.Count];
        Fill(new DatasetPass(model, data, seed, PartOf(ranks.Rank)), logProb, progress: null, default);
        for (int rank = 0; rank < ranks.Size; rank++)
        {
            ranks.Broadcast(MemoryMarshal.AsBytes(logProb.AsSpan(PartOf(rank))), rank);
        }

        return logProb;

        Range PartOf(int rank) =>
            (int)((long)data.Count * rank / ranks.Size)..(int)((long)data.Count * (rank + 1) / ranks.Size);
    }

    private static void Fill(DatasetPass pass, double[] logProb, Action<int>? progress, CancellationToken cancel)
    {
        while (pass.Next())
        {
            cancel.ThrowIfCancellationRequested();
            pass.LogProb().CopyTo(logProb, pass.First);
            progress?.Invoke(pass.First + pass.Count);
        }

        pass.AddLogDet(logProb);
    }

    /// <summary>The evaluation that log densities of samples make.</summary>
    /// <param name="logProb">As <see cref="LogProb"/> gives them; at least one.</param>
    /// <param name="data">The samples.</param>
    public static Evaluation Of(double[] logProb, IDataset data)
    {
        // The mean is taken in the unit in which the likelihood is told; the other follows from it.
        double natsPerBit = data.Dims * Math.Log(2);
        double[] kept = Positive(logProb, out int leftOut);
        if (data.Bins is not int bins)
        {
            (double nats, double error) = MeanWithError(kept);
            double bitsPerNat = 1 / natsPerBit;
            return new Evaluation(-nats * bitsPerNat, error * bitsPerNat, nats, error, logProb.Length) { LeftOut = leftOut };
        }

        (double bits, double bitsError) = MeanWithError(
            Array.ConvertAll(kept, nats => Models.BitsPerDim.FromLogProb(nats, data.Dims, bins)));
        double meanNats = data.Dims * (Math.Log(bins) - (bits * Math.Log(2)));
        return new Evaluation(bits, bitsError, meanNats, bitsError * natsPerBit, logProb.Length) { LeftOut = leftOut };
    }

    /// <summary>The log densities of samples of positive density, of which there is a mean; all where there is none.</summary>
    /// <param name="logProb">Nats, at least one.</param>
    /// <param name="leftOut">How many are -∞.</param>
    internal static double[] Positive(double[] logProb, out int leftOut)
    {
        double[] kept = Array.FindAll(logProb, value => !double.IsNegativeInfinity(value));
        leftOut = logProb.Length - kept.Length;
        return kept.Length > 0 ? kept : logProb;
    }

    private static (double Mean, double StandardError) MeanWithError(double[] values)
    {
        double mean = values.Average();
        double variance = values.Sum(value => (value - mean) * (value - mean)) / Math.Max(1, values.Length - 1);
        return (mean, Math.Sqrt(variance / values.Length));
    }
}
