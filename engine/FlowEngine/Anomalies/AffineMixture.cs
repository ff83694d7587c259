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

    /// <summary>A component whose log density is so far below another's is given up: its share is below every rounding.</summary>
    private const double Negligible = 36;

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
        int[] likeliest = new int[rows.Length / dims];
        List<(int Row, double Share)>[] members = [.. Enumerable.Range(0, count).Select(_ => new List<(int, double)>())];
        for (int i = 0; i < Iterations; i++)
        {
            mixture.Expect(rows, likeliest, members);
            mixture.Maximize(rows, members, noise * noise);
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
        Span<double> differences = stackalloc double[Dims];
        for (int k = 0; k < Count; k++)
        {
            double peak = _logWeights[k] + _logDet[k];
            double logProb = peak - (Whiten(k, row, latents, differences, 2 * (peak - most)) / 2);
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
    public double Whiten(int component, ReadOnlySpan<double> row, Span<double> latents) =>
        Whiten(component, row, latents, stackalloc double[Dims], double.PositiveInfinity);

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

    /// <summary>z_k of a row, and of it only as much as is needed to see that its squared length passes a limit.</summary>
    /// <param name="component">k.</param>
    /// <param name="row">(D).</param>
    /// <param name="latents">(D), overwritten, up to where the limit is passed.</param>
    /// <param name="differences">(D), overwritten.</param>
    /// <param name="limit">The limit.</param>
    /// <returns>Its squared length, or a part of it that is above the limit.</returns>
    private double Whiten(
        int component, ReadOnlySpan<double> row, Span<double> latents, Span<double> differences, double limit)
    {
        ReadOnlySpan<double> mean = _means.AsSpan(component * Dims, Dims);
        ReadOnlySpan<double> whitening = _whitening.AsSpan(component * Dims * Dims, Dims * Dims);
        double norm = 0;
        for (int i = 0; i < mean.Length && norm <= limit; i++)
        {
            differences[i] = row[i] - mean[i];
            double value = Doubles.Dot(whitening.Slice(i * mean.Length, i + 1), differences[..(i + 1)]);
            latents[i] = value;
            norm += value * value;
        }

        return norm;
    }

    private void UpdateLogDet()
    {
        for (int k = 0; k < Count; k++)
        {
            _logDet[k] = Enumerable.Range(0, Dims).Sum(i => Math.Log(WhiteningRow(k, i)[i]));
        }
    }

    /// <summary>Finds the rows that count for each component.</summary>
    /// <param name="rows">(N, D).</param>
    /// <param name="likeliest">(N), the likeliest component of each row by the last pass: replaced.</param>
    /// <param name="members">(K), replaced: rows and the component's share in them.</param>
    private void Expect(double[] rows, int[] likeliest, List<(int Row, double Share)>[] members)
    {
        double[] latents = new double[Dims];
        double[] differences = new double[Dims];
        double[] logProb = new double[Count];
        foreach (List<(int Row, double Share)> list in members)
        {
            list.Clear();
        }

        for (int i = 0; i < likeliest.Length; i++)
        {
            // With the likeliest of the last pass first, most others are given up after a few columns.
            int first = likeliest[i];
            double most = double.NegativeInfinity;
            for (int n = 0; n < Count; n++)
            {
                int k = n == 0 ? first : n == first ? 0 : n;
                double peak = _logWeights[k] + _logDet[k];
                double limit = 2 * (peak - most + Negligible);
                logProb[k] = peak - (Whiten(k, rows.AsSpan(i * Dims, Dims), latents, differences, limit) / 2);
                (likeliest[i], most) = logProb[k] > most ? (k, logProb[k]) : (likeliest[i], most);
            }

            double sum = 0;
            for (int k = 0; k < Count; k++)
            {
                sum += Math.Exp(logProb[k] - most);
            }

            for (int k = 0; k < Count; k++)
            {
                double share = Math.Exp(logProb[k] - most) / sum;
                if (share > LeastShare)
                {
                    members[k].Add((i, share));
                }
            }
        }
    }

    /// <summary>Means and covariances of the rows by their shares; a component without rows keeps its own.</summary>
    private void Maximize(double[] rows, List<(int Row, double Share)>[] members, double variance)
    {
        double[] covariance = new double[Dims * Dims];
        double[] difference = new double[Dims];
        double[] sum = new double[Dims];
        for (int k = 0; k < Count; k++)
        {
            double total = 0;
            Array.Clear(sum);
            foreach ((int row, double share) in members[k])
            {
                total += share;
                Doubles.AddScaled(share, rows.AsSpan(row * Dims, Dims), sum);
            }

            _logWeights[k] = Math.Log(Math.Max(total, LeastShare) / (rows.Length / Dims));
            if (total <= LeastShare)
            {
                continue;
            }

            Span<double> mean = _means.AsSpan(k * Dims, Dims);
            for (int j = 0; j < Dims; j++)
            {
                mean[j] = sum[j] / total;
            }

            Array.Clear(covariance);
            foreach ((int row, double share) in members[k])
            {
                for (int j = 0; j < Dims; j++)
                {
                    difference[j] = rows[(row * Dims) + j] - mean[j];
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
