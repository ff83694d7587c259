namespace FlowEngine.Latents;

/// <summary>The latents of some data, by level, seen as one row a datum.</summary>
internal static class LatentRows
{
    /// <summary>Checks that latents are those of so many data.</summary>
    /// <exception cref="FlowException">They are not.</exception>
    public static void Require(IReadOnlyList<float[]> latents, int count)
    {
        if (count < 1 || latents.Count == 0 || latents.Any(level => level.Length == 0 || level.Length % count != 0))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"latents of lengths {string.Join(", ", latents.Select(level => level.Length))} were given as those of "
                + $"{count} data, expected multiples of the number of data, which is at least 1");
        }
    }

    /// <summary>Checks that latents of others are of the same shape.</summary>
    /// <exception cref="FlowException">They are not.</exception>
    public static void RequireAlike(IReadOnlyList<float[]> a, int countOfA, IReadOnlyList<float[]> b, int countOfB)
    {
        Require(a, countOfA);
        Require(b, countOfB);
        if (!a.Select(level => level.Length / countOfA).SequenceEqual(b.Select(level => level.Length / countOfB)))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"latents of {string.Join(", ", a.Select(level => level.Length / countOfA))} dimensions by level were "
                + $"given beside some of {string.Join(", ", b.Select(level => level.Length / countOfB))}");
        }
    }

    /// <summary>Checks the index of a datum.</summary>
    /// <exception cref="FlowException">It is out of range.</exception>
    public static void RequireIndex(int index, int count)
    {
        if ((uint)index >= (uint)count)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"datum {index} was asked for, expected 0 to {count - 1}");
        }
    }

    /// <summary>The latents of some of the data.</summary>
    public static float[][] Select(IReadOnlyList<float[]> latents, int count, ReadOnlySpan<int> rows)
    {
        float[][] selected = new float[latents.Count][];
        for (int l = 0; l < selected.Length; l++)
        {
            int dims = latents[l].Length / count;
            selected[l] = new float[(long)rows.Length * dims];
            for (int i = 0; i < rows.Length; i++)
            {
                latents[l].AsSpan(rows[i] * dims, dims).CopyTo(selected[l].AsSpan(i * dims));
            }
        }

        return selected;
    }

    /// <summary>Σ a b over all levels.</summary>
    public static double Dot(float[][] a, float[][] b)
    {
        double sum = 0;
        for (int l = 0; l < a.Length; l++)
        {
            for (int i = 0; i < a[l].Length; i++)
            {
                sum += (double)a[l][i] * b[l][i];
            }
        }

        return sum;
    }

    /// <summary>The mean of the data, by level.</summary>
    public static double[][] Mean(IReadOnlyList<float[]> latents, int count)
    {
        double[][] mean = new double[latents.Count][];
        for (int l = 0; l < mean.Length; l++)
        {
            int dims = latents[l].Length / count;
            mean[l] = new double[dims];
            for (int i = 0; i < latents[l].Length; i++)
            {
                mean[l][i % dims] += latents[l][i];
            }

            for (int i = 0; i < dims; i++)
            {
                mean[l][i] /= count;
            }
        }

        return mean;
    }
}
