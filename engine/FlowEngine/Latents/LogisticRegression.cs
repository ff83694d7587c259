using System.Numerics;

namespace FlowEngine.Latents;

/// <summary>A linear classifier of two kinds of rows.</summary>
/// <remarks>
/// Minimizes mean over both kinds of the mean of log(1 + e^(-s (w x + b))), s = 1 or -1, plus λ/2 |w|², by accelerated
/// gradient descent with the step 1/L, L the largest curvature by power iteration.
/// </remarks>
internal static class LogisticRegression
{
    private const double Penalty = 0.01;
    private const int PowerIterations = 20;
    private const int Iterations = 300;

    /// <summary>The weights w.</summary>
    /// <param name="rows">The positive rows, then the negative ones.</param>
    /// <param name="positives">How many positive rows.</param>
    /// <param name="negatives">How many negative rows.</param>
    public static double[] Fit(float[] rows, int positives, int negatives)
    {
        int count = positives + negatives;
        int dims = rows.Length / count;
        double[] factors = new double[count];
        for (int i = 0; i < count; i++)
        {
            factors[i] = 0.5 / (i < positives ? positives : negatives);
        }

        double step = 1 / ((Curvature(rows, factors, dims) / 4) + Penalty);
        double[] weights = new double[dims + 1];
        double[] ahead = new double[dims + 1];
        double[] gradient = new double[dims + 1];
        float[] direction = new float[dims];
        double momentum = 1;
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            for (int d = 0; d < dims; d++)
            {
                gradient[d] = Penalty * ahead[d];
                direction[d] = (float)ahead[d];
            }

            gradient[dims] = 0;
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<float> row = rows.AsSpan(i * dims, dims);
                double sign = i < positives ? 1 : -1;
                double margin = sign * (Dot(row, direction) + ahead[dims]);
                double slope = -sign * factors[i] / (1 + Math.Exp(margin));
                AddScaled(gradient, row, slope);
                gradient[dims] += slope;
            }

            double next = (1 + Math.Sqrt(1 + (4 * momentum * momentum))) / 2;
            for (int d = 0; d <= dims; d++)
            {
                double moved = ahead[d] - (step * gradient[d]);
                ahead[d] = moved + ((momentum - 1) / next * (moved - weights[d]));
                weights[d] = moved;
            }

            momentum = next;
        }

        return weights[..dims];
    }

    /// <summary>The largest eigenvalue of Σ factor · (x, 1)(x, 1)ᵀ.</summary>
    private static double Curvature(float[] rows, double[] factors, int dims)
    {
        double[] vector = new double[dims + 1];
        Array.Fill(vector, 1 / Math.Sqrt(dims + 1));
        float[] direction = new float[dims];
        double length = 0;
        for (int iteration = 0; iteration < PowerIterations; iteration++)
        {
            double last = vector[dims];
            for (int d = 0; d < dims; d++)
            {
                direction[d] = (float)vector[d];
            }

            Array.Clear(vector);
            for (int i = 0; i < factors.Length; i++)
            {
                ReadOnlySpan<float> row = rows.AsSpan(i * dims, dims);
                double share = factors[i] * (Dot(row, direction) + last);
                AddScaled(vector, row, share);
                vector[dims] += share;
            }

            length = Math.Sqrt(vector.Sum(value => value * value));
            for (int d = 0; d <= dims; d++)
            {
                vector[d] /= length;
            }
        }

        // Power iteration comes from below.
        return 1.1 * length;
    }

    private static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector<double> sum = Vector<double>.Zero;
        int i = 0;
        for (; i + Vector<float>.Count <= a.Length; i += Vector<float>.Count)
        {
            Vector<float> products = new Vector<float>(a[i..]) * new Vector<float>(b[i..]);
            Vector.Widen(products, out Vector<double> low, out Vector<double> high);
            sum += low + high;
        }

        double total = Vector.Sum(sum);
        for (; i < a.Length; i++)
        {
            total += (double)a[i] * b[i];
        }

        return total;
    }

    private static void AddScaled(double[] target, ReadOnlySpan<float> row, double scale)
    {
        int i = 0;
        for (; i + Vector<float>.Count <= row.Length; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(row[i..]), out Vector<double> low, out Vector<double> high);
            (new Vector<double>(target, i) + (low * scale)).CopyTo(target, i);
            int next = i + Vector<double>.Count;
            (new Vector<double>(target, next) + (high * scale)).CopyTo(target, next);
        }

        for (; i < row.Length; i++)
        {
            target[i] += row[i] * scale;
        }
    }
}
