namespace FlowEngine.Drawing;

/// <summary>How a column is distributed in data and in samples of a model: both over the same axis.</summary>
internal static class ColumnPlot
{
    private const int Bins = 32;
    private const double Margin = 0.04;

    // What is further out than one in two hundred is counted at the edge.
    private const int Stray = 200;

    /// <summary>Draws a column.</summary>
    /// <param name="name">The name of the column.</param>
    /// <param name="data">Its values in the data, sorted; at least one.</param>
    /// <param name="samples">Its values in the samples, sorted; at least one.</param>
    /// <returns>The <c>svg</c> element: bars for the data, a line for the samples.</returns>
    public static string Draw(string name, double[] data, double[] samples)
    {
        (double low, double high) = (data[data.Length / Stray], data[^(1 + (data.Length / Stray))]);
        double margin = high > low ? Margin * (high - low) : Math.Max(Math.Abs(low), 1) * Margin;
        (low, high) = (low - margin, high + margin);
        double width = (high - low) / Bins;
        double[] ofData = Shares(data);
        double[] ofSamples = Shares(samples);
        SvgPlot plot = new(380, 200, (low, high), (0, 1.05 * Math.Max(ofData.Max(), ofSamples.Max())));
        plot.TicksY(inPercent: true);
        plot.TicksX();
        for (int bin = 0; bin < Bins; bin++)
        {
            if (ofData[bin] > 0)
            {
                plot.Bar(low + (bin * width), low + ((bin + 1) * width), ofData[bin], HtmlPage.Blue);
            }
        }

        plot.Line(
            Enumerable.Range(0, 2 * Bins).Select(i => (low + ((i + 1) / 2 * width), ofSamples[i / 2])), HtmlPage.Orange);
        return plot.Draw(
            $"{name} in the data and in samples", HtmlPage.Invariant($"{name} (gap {Gap(data, samples):0.000})"), "part of the rows");

        double[] Shares(double[] values)
        {
            double[] shares = new double[Bins];
            foreach (double value in values)
            {
                shares[Math.Clamp((int)((Math.Clamp(value, low, high) - low) / width), 0, Bins - 1)] += 1.0 / values.Length;
            }

            return shares;
        }
    }

    /// <summary>The largest difference between two cumulative distributions (Kolmogorov and Smirnov).</summary>
    /// <param name="first">Values, sorted; at least one.</param>
    /// <param name="second">Others, sorted; at least one.</param>
    public static double Gap(double[] first, double[] second)
    {
        (int i, int j, double largest) = (0, 0, 0);
        while (i < first.Length && j < second.Length)
        {
            // Equal values belong to both before the distributions are compared.
            double value = Math.Min(first[i], second[j]);
            while (i < first.Length && first[i] <= value)
            {
                i++;
            }

            while (j < second.Length && second[j] <= value)
            {
                j++;
            }

            largest = Math.Max(largest, Math.Abs(((double)i / first.Length) - ((double)j / second.Length)));
        }

        return largest;
    }
}
