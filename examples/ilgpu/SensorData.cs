namespace FlowEngine.Examples.Ilgpu;

/// <summary>Readings of six sensors of a machine, which all follow its one state.</summary>
public static class SensorData
{
    /// <summary>Sensors, the columns of a row.</summary>
    public const int Columns = 6;

    /// <summary>Rows of readings.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">The seed of state and noise.</param>
    /// <param name="odd">Rows in which the sensor farthest from its mean reads as far on the other side: a usual value, but not
    /// with the others.</param>
    /// <returns>(count, Columns).</returns>
    public static float[] Draw(int count, int seed, params ReadOnlySpan<int> odd)
    {
        Random random = new(seed);
        float[] rows = new float[count * Columns];
        for (int i = 0; i < count; i++)
        {
            double state = random.NextDouble() * 2 * Math.PI;
            int wrong = odd.Contains(i) ? Enumerable.Range(0, Columns).MaxBy(k => Math.Abs(Math.Sin(state + k))) : -1;
            for (int k = 0; k < Columns; k++)
            {
                double noise = random.NextDouble() + random.NextDouble() - 1;
                double angle = state + k + (k == wrong ? Math.PI : 0);
                rows[(i * Columns) + k] = (float)((20 * (k + 1)) + (5 * Math.Sin(angle)) + noise);
            }
        }

        return rows;
    }

    /// <summary>Mean and standard deviation of each column.</summary>
    /// <param name="rows">(N, Columns).</param>
    /// <returns>(2, Columns).</returns>
    public static float[] Moments(ReadOnlySpan<float> rows)
    {
        float[] moments = new float[2 * Columns];
        int count = rows.Length / Columns;
        for (int k = 0; k < Columns; k++)
        {
            double sum = 0;
            double squares = 0;
            for (int i = 0; i < count; i++)
            {
                double value = rows[(i * Columns) + k];
                sum += value;
                squares += value * value;
            }

            double mean = sum / count;
            moments[k] = (float)mean;
            moments[Columns + k] = (float)Math.Sqrt((squares / count) - (mean * mean));
        }

        return moments;
    }
}
