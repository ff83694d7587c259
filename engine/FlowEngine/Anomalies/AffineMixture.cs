using FlowEngine.Checkpoints;

namespace FlowEngine.Anomalies;

/// <summary>A mixture of affine flows, each of which takes its part of the rows to standard normal latents.</summary>
/// <remarks>
/// <code>
/// z_k   = W_k (x - m_k), W_k lower triangular                          component k, of weight π_k
/// p(x)  = Σ_k π_k N(z_k; 0, 1) |det W_k|
/// </code>
/// It is fitted by expectation and maximization to rows with Gaussian noise added in closed form: every covariance
/// W⁻¹W⁻ᵀ has the variance of the noise on its diagonal, so that no component collapses on repeated or discrete values.
/// </remarks>
internal sealed class AffineMixture
{
    private const int Iterations = 12;

    /// <summary>A row counts for a component from this share on.</summary>
    private const double LeastShare = 1e-4;

    private readonly double[] _logWeights;
    private readonly double[] _means;
    private readonly double[] _whitening;
    private readonly double[] _logDet;

    /// <param name="dims">Columns, D.</param>
    /// <param name="logWeights">ln π, (K).</param>
    /// <param name="means">(K, D).</param>
    /// <param name="whitening">(K, D, D).</param>
    public AffineMixture(int dims, double[] logWeights, double[] means, double[] whitening)
    {
        (Dims, _logWeights, _means, _whitening) = (dims, logWeights, means, whitening);
        _logDet = new double[Count];
        UpdateLogDet();
    }

    /// <summary>Columns, D.</summary>
    public int Dims { get; }

    /// <summary>Components, K.</summary>
    public int Count => _logWeights.Length;

    /// <summary>Fits rows.</summary>
    /// <param name="rows">(N, D).</param>
    /// <param name="dims">Columns, D.</param>
    /// <param name="count">Components, 1 to N.</param>
    /// <param name="noise">The standard deviation of the noise.</param>
    /// <param name="uniform">Numbers in [0, 1), one a component: they choose the rows the components begin at.</param>
    public static AffineMixture Fit(double[] rows, int dims, int count, double noise, double[] uniform)
    {
        double[] whitening = new double[count * dims * dims];
        for (int k = 0; k < count; k++)
        {
            for (int i = 0; i < dims; i++)
            {
                whitening[(((k * dims) + i) * dims) + i] = 1 / noise;
            }
        }

        double[] logWeights = new double[count];
        Array.Fill(logWeights, -Math.Log(count));
        AffineMixture mixture = new(dims, logWeights, SpreadOut(rows, dims, count, uniform), whitening);
        double[] shares = new double[rows.Length / dims * count];
        for (int i = 0; i < Iterations; i++)
        {
            mixture.Expect(rows, shares);
            mixture.Maximize(rows, shares, noise * noise);
        }

        return mixture;
    }

    /// <summary>The squared length of the latents of a row under its likeliest component.</summary>
    /// <param name="row">(D).</param>
    /// <param name="latents">(D), overwritten.</param>
    public double SquaredNorm(ReadOnlySpan<double> row, Span<double> latents) =>
        Whiten(Likeliest(row, latents), row, latents);

    /// <summary>The component under which a row is likeliest.</summary>
    /// <param name="row">(D).</param>
    /// <param name="latents">(D), overwritten.</param>
    public int Likeliest(ReadOnlySpan<double> row, Span<double> latents)
    {
        (int likeliest, double most) = (0, double.NegativeInfinity);
        for (int k = 0; k < Count; k++)
        {
            double logProb = _logWeights[k] + _logDet[k] - (Whiten(k, row, latents) / 2);
            (likeliest, most) = logProb > most ? (k, logProb) : (likeliest, most);
        }

        return likeliest;
    }

    /// <summary>The same as <see cref="SquaredNorm"/> of each marginal in which one column is left free.</summary>
    /// <param name="row">(D).</param>
    /// <param name="without">(D), overwritten: where column j is free.</param>
    public void SquaredNormsWithout(ReadOnlySpan<double> row, Span<double> without)
    {
        double[] latents = new double[Dims];
        double[] most = new double[Dims];
        double[] gradient = new double[Dims];
        double[] precision = new double[Dims];
        Array.Fill(most, double.NegativeInfinity);
        for (int k = 0; k < Count; k++)
        {
            double norm = Whiten(k, row, latents);
            Pull(k, latents, gradient, precision);
            for (int j = 0; j < Dims; j++)
            {
                // The marginal of a Gaussian: the norm falls by the squared pull, and its determinant loses precision.
                double left = Math.Max(0, norm - (gradient[j] * gradient[j] / precision[j]));
                double logProb = _logWeights[k] + _logDet[k] - ((left + Math.Log(precision[j])) / 2);
                if (logProb > most[j])
                {
                    (most[j], without[j]) = (logProb, left);
                }
            }
        }
    }

    /// <summary>W_k'z and the diagonal of W_k'W_k.</summary>
    /// <param name="component">k.</param>
    /// <param name="latents">z, (D).</param>
    /// <param name="gradient">(D), overwritten: half the gradient of the squared norm by the row.</param>
    /// <param name="precision">(D), overwritten.</param>
    public void Pull(int component, ReadOnlySpan<double> latents, Span<double> gradient, Span<double> precision)
    {
        gradient.Clear();
        precision.Clear();
        for (int i = 0; i < Dims; i++)
        {
            ReadOnlySpan<double> row = WhiteningRow(component, i);
            for (int j = 0; j <= i; j++)
            {
                gradient[j] += row[j] * latents[i];
                precision[j] += row[j] * row[j];
            }
        }
    }

    /// <summary>z_k of a row.</summary>
    /// <param name="component">k.</param>
    /// <param name="row">(D).</param>
    /// <param name="latents">(D), overwritten.</param>
    /// <returns>Its squared length.</returns>
    public double Whiten(int component, ReadOnlySpan<double> row, Span<double> latents)
    {
        ReadOnlySpan<double> mean = _means.AsSpan(component * Dims, Dims);
        for (int i = 0; i < latents.Length; i++)
        {
            latents[i] = row[i] - mean[i];
        }

        double norm = 0;
        for (int i = Dims - 1; i >= 0; i--)
        {
            // From the last down: latent i needs the differences up to i.
            double value = Doubles.Dot(WhiteningRow(component, i)[..(i + 1)], latents[..(i + 1)]);
            latents[i] = value;
            norm += value * value;
        }

        return norm;
    }

    /// <summary>A row of W_k, (D).</summary>
    /// <param name="component">k.</param>
    /// <param name="i">The row.</param>
    public ReadOnlySpan<double> WhiteningRow(int component, int i) =>
        _whitening.AsSpan(((component * Dims) + i) * Dims, Dims);

    /// <summary>The mixture as tensors of a checkpoint.</summary>
    /// <param name="prefix">Goes before their names.</param>
    public IEnumerable<NamedTensor> Tensors(string prefix) =>
    [
        new($"{prefix}.log_weights", _logWeights, Count),
        new($"{prefix}.means", _means, Count, Dims),
        new($"{prefix}.whitening", _whitening, Count, Dims, Dims),
    ];

    /// <summary>Rows far from each other (Arthur and Vassilvitskii 2007): each is drawn by its squared distance from those
    /// before.</summary>
    private static double[] SpreadOut(double[] rows, int dims, int count, double[] uniform)
    {
        int length = rows.Length / dims;
        double[] means = new double[count * dims];
        double[] nearest = new double[length];
        Array.Fill(nearest, 1.0);
        for (int k = 0; k < count; k++)
        {
            double target = uniform[k] * nearest.Sum();
            int chosen = 0;
            for (double passed = nearest[0]; passed <= target && chosen < length - 1; passed += nearest[chosen])
            {
                chosen++;
            }

            ReadOnlySpan<double> mean = rows.AsSpan(chosen * dims, dims);
            mean.CopyTo(means.AsSpan(k * dims));
            for (int i = 0; i < length; i++)
            {
                double distance = 0;
                for (int j = 0; j < dims; j++)
                {
                    double difference = rows[(i * dims) + j] - mean[j];
                    distance += difference * difference;
                }

                nearest[i] = k == 0 ? distance : Math.Min(nearest[i], distance);
            }
        }

        return means;
    }

    private void UpdateLogDet()
    {
        for (int k = 0; k < Count; k++)
        {
            _logDet[k] = Enumerable.Range(0, Dims).Sum(i => Math.Log(WhiteningRow(k, i)[i]));
        }
    }

    /// <summary>The share of each component in each row, (N, K).</summary>
    private void Expect(double[] rows, double[] shares)
    {
        double[] latents = new double[Dims];
        for (int i = 0; i < rows.Length / Dims; i++)
        {
            Span<double> share = shares.AsSpan(i * Count, Count);
            double most = double.NegativeInfinity;
            for (int k = 0; k < Count; k++)
            {
                share[k] = _logWeights[k] + _logDet[k] - (Whiten(k, rows.AsSpan(i * Dims, Dims), latents) / 2);
                most = Math.Max(most, share[k]);
            }

            double sum = 0;
            for (int k = 0; k < Count; k++)
            {
                share[k] = Math.Exp(share[k] - most);
                sum += share[k];
            }

            for (int k = 0; k < Count; k++)
            {
                share[k] /= sum;
            }
        }
    }

    /// <summary>Means and covariances of the rows by their shares; a component without rows keeps its own.</summary>
    private void Maximize(double[] rows, double[] shares, double variance)
    {
        int length = rows.Length / Dims;
        double[] covariance = new double[Dims * Dims];
        double[] difference = new double[Dims];
        for (int k = 0; k < Count; k++)
        {
            double total = 0;
            Span<double> mean = _means.AsSpan(k * Dims, Dims);
            double[] sum = new double[Dims];
            for (int i = 0; i < length; i++)
            {
                double share = shares[(i * Count) + k];
                if (share > LeastShare)
                {
                    total += share;
                    Doubles.AddScaled(share, rows.AsSpan(i * Dims, Dims), sum);
                }
            }

            _logWeights[k] = Math.Log(Math.Max(total, LeastShare) / length);
            if (total <= LeastShare)
            {
                continue;
            }

            for (int j = 0; j < Dims; j++)
            {
                mean[j] = sum[j] / total;
            }

            Array.Clear(covariance);
            for (int i = 0; i < length; i++)
            {
                double share = shares[(i * Count) + k];
                if (share <= LeastShare)
                {
                    continue;
                }

                for (int j = 0; j < Dims; j++)
                {
                    difference[j] = rows[(i * Dims) + j] - mean[j];
                }

                for (int j = 0; j < Dims; j++)
                {
                    Doubles.AddScaled(share / total * difference[j], difference.AsSpan(0, j + 1), covariance.AsSpan(j * Dims, j + 1));
                }
            }

            for (int j = 0; j < Dims; j++)
            {
                covariance[(j * Dims) + j] += variance;
            }

            InverseCholesky(covariance, _whitening.AsSpan(k * Dims * Dims, Dims * Dims));
        }

        UpdateLogDet();
    }

    /// <summary>L⁻¹ of a positive definite matrix LL', of which the lower triangle is read and overwritten by L.</summary>
    private void InverseCholesky(Span<double> matrix, Span<double> inverse)
    {
        for (int i = 0; i < Dims; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = matrix[(i * Dims) + j] - Doubles.Dot(matrix.Slice(i * Dims, j), matrix.Slice(j * Dims, j));
                matrix[(i * Dims) + j] = i == j ? Math.Sqrt(sum) : sum / matrix[(j * Dims) + j];
            }
        }

        inverse.Clear();
        for (int i = 0; i < Dims; i++)
        {
            Span<double> row = inverse.Slice(i * Dims, Dims);
            for (int j = 0; j < i; j++)
            {
                Doubles.AddScaled(-matrix[(i * Dims) + j], inverse.Slice(j * Dims, j + 1), row);
            }

            double pivot = matrix[(i * Dims) + i];
            row[i] = 1;
            for (int j = 0; j <= i; j++)
            {
                row[j] /= pivot;
            }
        }
    }
}
