namespace FlowEngine.Tests.Backends;

/// <summary>Textbook linear algebra, to check the other kind against.</summary>
public static class DenseMatrix
{
    public static double[,] Product(double[,] a, double[,] b)
    {
        double[,] product = new double[a.GetLength(0), b.GetLength(1)];
        for (int r = 0; r < product.GetLength(0); r++)
        {
            for (int c = 0; c < product.GetLength(1); c++)
            {
                for (int k = 0; k < a.GetLength(1); k++)
                {
                    product[r, c] += a[r, k] * b[k, c];
                }
            }
        }

        return product;
    }

    /// <summary>ln|det|, by elimination with partial pivoting.</summary>
    public static double LogAbsDeterminant(double[,] matrix)
    {
        double[,] a = (double[,])matrix.Clone();
        int n = a.GetLength(0);
        double sum = 0;
        for (int k = 0; k < n; k++)
        {
            int pivot = Enumerable.Range(k, n - k).MaxBy(r => Math.Abs(a[r, k]));
            for (int c = 0; c < n; c++)
            {
                (a[k, c], a[pivot, c]) = (a[pivot, c], a[k, c]);
            }

            sum += Math.Log(Math.Abs(a[k, k]));
            for (int r = k + 1; r < n; r++)
            {
                double factor = a[r, k] / a[k, k];
                for (int c = k; c < n; c++)
                {
                    a[r, c] -= factor * a[k, c];
                }
            }
        }

        return sum;
    }
}
