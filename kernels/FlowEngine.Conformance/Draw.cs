using FlowEngine.Kernels.Device;

namespace FlowEngine.Conformance;

/// <summary>Random data of the cases.</summary>
internal static class Draw
{
    /// <summary>Standard normal numbers times a scale.</summary>
    public static float[] Normals(Random random, int length, double scale = 1)
    {
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            values[i] = (float)(scale * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return values;
    }

    /// <summary>Whole numbers from -limit to limit, as float32.</summary>
    public static float[] Integers(Random random, int length, int limit)
    {
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
        {
            values[i] = random.Next(-limit, limit + 1);
        }

        return values;
    }

    public static uint[] Words(Random random, int length)
    {
        uint[] words = new uint[length];
        for (int i = 0; i < length; i++)
        {
            words[i] = (uint)random.NextInt64(1L << 32);
        }

        return words;
    }

    public static BFloat16[] Rounded(float[] values) => Array.ConvertAll(values, BFloat16.FromSingle);

    public static double[] Doubles(float[] values) => Array.ConvertAll(values, value => (double)value);

    public static double[] Doubles(uint[] values) => Array.ConvertAll(values, value => (double)value);

    public static double[] Doubles(int[] values) => Array.ConvertAll(values, value => (double)value);
}
