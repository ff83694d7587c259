using System.Numerics;

namespace FlowEngine.Anomalies;

/// <summary>Sums over vectors of doubles.</summary>
internal static class Doubles
{
    /// <summary>x'y.</summary>
    /// <param name="x">Any length.</param>
    /// <param name="y">As long.</param>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Vector<double> sums = Vector<double>.Zero;
        int i = 0;
        for (; i <= x.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            sums += new Vector<double>(x[i..]) * new Vector<double>(y[i..]);
        }

        double sum = Vector.Sum(sums);
        for (; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    /// <summary>sum += scale · x.</summary>
    /// <param name="scale">A number.</param>
    /// <param name="x">Any length.</param>
    /// <param name="sum">As long or longer.</param>
    public static void AddScaled(double scale, ReadOnlySpan<double> x, Span<double> sum)
    {
        Vector<double> scales = new(scale);
        int i = 0;
        for (; i <= x.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            (new Vector<double>(sum[i..]) + (scales * new Vector<double>(x[i..]))).CopyTo(sum[i..]);
        }

        for (; i < x.Length; i++)
        {
            sum[i] += scale * x[i];
        }
    }
}
