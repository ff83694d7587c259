using System.Globalization;

namespace FlowEngine.Drawing;

/// <summary>A range of numbers over a length of pixels.</summary>
/// <param name="Low">The number at the first edge.</param>
/// <param name="High">The number at the last edge, above Low.</param>
/// <param name="Length">Pixels.</param>
internal readonly record struct Axis(double Low, double High, int Length)
{
    private const int MostTicks = 6;

    /// <summary>The number in the middle of a pixel.</summary>
    public double ValueAt(double pixel) => Low + (pixel + 0.5) / Length * (High - Low);

    /// <summary>The pixel of a number; outside the range, outside 0..Length-1.</summary>
    public double PixelOf(double value) => (value - Low) / (High - Low) * Length - 0.5;

    /// <summary>Round numbers inside the range, at most six, as text.</summary>
    public IEnumerable<(double Value, string Text)> Ticks()
    {
        double step = Math.Pow(10, Math.Floor(Math.Log10(High - Low)));
        foreach (double part in (double[])[0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10])
        {
            if ((High - Low) / (part * step) < MostTicks)
            {
                step *= part;
                break;
            }
        }

        // Counted by an integer: a double so large that one more is the same would never get to the end.
        double first = Math.Ceiling(Low / step);
        for (int n = 0; n < MostTicks && (first + n) * step <= High; n++)
        {
            // A zero has no sign here.
            double value = (first + n) * step + 0.0;
            bool isLong = Math.Abs(value) is >= 1_000 and < 1e9 && Math.Round(value) == value;
            yield return (value, value.ToString(isLong ? "#,0" : "G6", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Powers of ten between two logarithms, where there are few of them with 2 and 5 times those, or with more.</summary>
    /// <param name="low">The logarithm, of base 10, of the smallest number.</param>
    /// <param name="high">That of the largest.</param>
    /// <returns>Logarithms, and their numbers as text.</returns>
    public static IEnumerable<(double Log, string Text)> LogTicks(double low, double high)
    {
        double[] digits = (high - low) switch { < 0.5 => [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8], < 2 => [1, 2, 5], _ => [1] };
        int every = Math.Max(1, (int)Math.Ceiling((high - low) / MostTicks));
        for (int decade = (int)Math.Floor(low); decade <= (int)Math.Floor(high); decade += every)
        {
            foreach (double digit in digits)
            {
                double at = decade + Math.Log10(digit);
                if (at >= low && at <= high)
                {
                    double value = digit * Math.Pow(10, decade);
                    yield return (at, value.ToString(value is < 1e-4 or >= 1e9 ? "0e0" : "#,0.####", CultureInfo.InvariantCulture));
                }
            }
        }
    }
}
