namespace FlowEngine.Anomalies;

/// <summary>Eigenvalues and eigenvectors of symmetric matrices: Householder's tridiagonal form, then QL with implicit shifts.</summary>
/// <remarks>Bowdler, Martin, Reinsch and Wilkinson, "The QR and QL algorithms for symmetric matrices" (1968).</remarks>
internal static class SymmetricEigen
{
    private const int MostTurns = 60;

    /// <summary>The rounding of a double.</summary>
    private const double Precision = 2.3e-16;

    /// <summary>Decomposes a matrix.</summary>
    /// <param name="matrix">(N, N), symmetric; overwritten by the eigenvectors, one a row.</param>
    /// <param name="length">N.</param>
    /// <returns>The eigenvalues, in the order of the vectors; not sorted.</returns>
    public static double[] Decompose(double[] matrix, int length)
    {
        double[] diagonal = new double[length];
        double[] offDiagonal = new double[length];
        Tridiagonalize(matrix, length, diagonal, offDiagonal);
        Diagonalize(matrix, length, diagonal, offDiagonal);
        return diagonal;
    }

    /// <summary>A = Q'TQ: overwrites A by Q, whose rows become the eigenvectors.</summary>
    private static void Tridiagonalize(double[] a, int n, double[] d, double[] e)
    {
        double[][] reflectors = new double[n][];
        double[] product = new double[n];
        for (int i = n - 1; i > 0; i--)
        {
            // A reflector takes row i's entries before the diagonal to the last of them.
            Span<double> row = a.AsSpan(i * n, i);
            double norm = Math.Sqrt(Doubles.Dot(row, row));
            d[i] = a[(i * n) + i];
            if (i == 1 || norm == 0)
            {
                e[i] = row[i - 1];
                continue;
            }

            double[] v = row.ToArray();
            double target = v[i - 1] > 0 ? -norm : norm;
            v[i - 1] -= target;
            e[i] = target;
            double half = Doubles.Dot(v, v) / 2;
            if (half == 0)
            {
                continue;
            }

            // A ← A - v w' - w v', w = Av/h - (v'Av / 2h²) v.
            Span<double> w = product.AsSpan(0, i);
            for (int j = 0; j < i; j++)
            {
                w[j] = Doubles.Dot(a.AsSpan(j * n, i), v) / half;
            }

            double along = Doubles.Dot(v, w) / (2 * half);
            for (int j = 0; j < i; j++)
            {
                w[j] -= along * v[j];
            }

            for (int j = 0; j < i; j++)
            {
                Span<double> changed = a.AsSpan(j * n, i);
                (double vj, double wj) = (v[j], w[j]);
                for (int k = 0; k < i; k++)
                {
                    changed[k] -= (vj * w[k]) + (wj * v[k]);
                }
            }

            double scale = 1 / Math.Sqrt(half);
            for (int j = 0; j < i; j++)
            {
                v[j] *= scale;
            }

            reflectors[i] = v;
        }

        d[0] = a[0];
        e[0] = 0;
        Accumulate(a, n, reflectors, product);
    }

    /// <summary>Q is the product of the reflectors 1 - vv'.</summary>
    private static void Accumulate(double[] q, int n, double[][] reflectors, double[] product)
    {
        Array.Clear(q);
        for (int i = 0; i < n; i++)
        {
            q[(i * n) + i] = 1;
        }

        for (int i = 2; i < n; i++)
        {
            if (reflectors[i] is not double[] v)
            {
                continue;
            }

            // Rows 0..i-1 of Q' are yet zero past column i: only the leading block changes. Q' ← Q'(1 - vv').
            for (int j = 0; j < i; j++)
            {
                Span<double> row = q.AsSpan(j * n, i);
                double along = Doubles.Dot(row, v);
                for (int k = 0; k < i; k++)
                {
                    row[k] -= along * v[k];
                }
            }
        }
    }

    private static void Diagonalize(double[] vectors, int n, double[] d, double[] e)
    {
        for (int i = 1; i < n; i++)
        {
            e[i - 1] = e[i];
        }

        e[n - 1] = 0;
        for (int l = 0; l < n; l++)
        {
            for (int turn = 0; turn < MostTurns; turn++)
            {
                int m = l;
                while (m < n - 1 && Math.Abs(e[m]) > Precision * (Math.Abs(d[m]) + Math.Abs(d[m + 1])))
                {
                    m++;
                }

                if (m == l)
                {
                    break;
                }

                double g = (d[l + 1] - d[l]) / (2 * e[l]);
                double r = double.Hypot(g, 1);
                g = d[m] - d[l] + (e[l] / (g + (g >= 0 ? r : -r)));
                (double s, double c, double p) = (1, 1, 0);
                int i = m - 1;
                for (; i >= l; i--)
                {
                    double f = s * e[i];
                    double b = c * e[i];
                    r = double.Hypot(f, g);
                    e[i + 1] = r;
                    if (r == 0)
                    {
                        d[i + 1] -= p;
                        e[m] = 0;
                        break;
                    }

                    (s, c) = (f / r, g / r);
                    g = d[i + 1] - p;
                    r = ((d[i] - g) * s) + (2 * c * b);
                    p = s * r;
                    d[i + 1] = g + p;
                    g = (c * r) - b;
                    Rotate(vectors.AsSpan(i * n, n), vectors.AsSpan((i + 1) * n, n), c, s);
                }

                if (i >= l)
                {
                    continue;
                }

                d[l] -= p;
                e[l] = g;
                e[m] = 0;
            }
        }
    }

    private static void Rotate(Span<double> first, Span<double> second, double c, double s)
    {
        for (int k = 0; k < first.Length; k++)
        {
            double f = second[k];
            second[k] = (s * first[k]) + (c * f);
            first[k] = (c * first[k]) - (s * f);
        }
    }
}
