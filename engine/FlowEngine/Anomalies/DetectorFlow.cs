using FlowEngine.Checkpoints;

namespace FlowEngine.Anomalies;

/// <summary>One flow of a detector: columns that it shares with others, and a mixture of affine flows.</summary>
/// <param name="columns">What comes before the mixture.</param>
/// <param name="noise">The standard deviation of the noise that it was fitted with.</param>
/// <param name="mixture">Of what the columns make of a row.</param>
internal sealed class DetectorFlow(DetectorColumns columns, double noise, AffineMixture mixture)
{
    /// <summary>The length of the latents of a row under its likeliest component.</summary>
    /// <param name="row">As the columns have it.</param>
    public double Norm(in DetectorRow row)
    {
        double others = columns.Axes?.NormOfOthers(row, noise) ?? 0;
        return Math.Sqrt(others + mixture.SquaredNorm(row.Coordinates.AsSpan(0, mixture.Dims), new double[mixture.Dims]));
    }

    /// <summary>How far the norm of a row falls where a column is left free, for each column.</summary>
    /// <param name="row">As the columns have it.</param>
    /// <param name="falls">(D), overwritten.</param>
    public void Explain(in DetectorRow row, Span<double> falls)
    {
        double norm = Norm(row);
        if (columns.Axes is null)
        {
            mixture.SquaredNormsWithout(row.Bent, falls);
            for (int j = 0; j < falls.Length; j++)
            {
                falls[j] = Math.Max(0, norm - Math.Sqrt(falls[j]));
            }

            return;
        }

        double[] gradient = new double[falls.Length];
        double[] precision = new double[falls.Length];
        columns.Axes.Pull(row, mixture, noise, gradient, precision);
        for (int j = 0; j < falls.Length; j++)
        {
            double left = (norm * norm) - (gradient[j] * gradient[j] / precision[j]);
            falls[j] = norm - Math.Sqrt(Math.Max(0, left));
        }
    }

    /// <summary>The flow as tensors of a checkpoint, without its columns.</summary>
    /// <param name="prefix">Goes before their names.</param>
    public IEnumerable<NamedTensor> Tensors(string prefix) =>
        [new NamedTensor($"{prefix}.noise", [noise], 1), .. mixture.Tensors(prefix)];

    /// <summary>A flow from the tensors of a checkpoint.</summary>
    /// <param name="tensors">The tensors.</param>
    /// <param name="prefix">Before their names.</param>
    /// <param name="columns">What comes before the mixture.</param>
    /// <exception cref="FormatException">A tensor is missing, or of other sizes.</exception>
    public static DetectorFlow Read(DetectorTensors tensors, string prefix, DetectorColumns columns)
    {
        int front = columns.Front;
        double[] weights = tensors.Get($"{prefix}.log_weights", -1);
        return new DetectorFlow(
            columns,
            tensors.Get($"{prefix}.noise", 1)[0],
            new AffineMixture(
                front,
                weights,
                tensors.Get($"{prefix}.means", weights.Length, front),
                tensors.Get($"{prefix}.whitening", weights.Length, front, front)));
    }
}
