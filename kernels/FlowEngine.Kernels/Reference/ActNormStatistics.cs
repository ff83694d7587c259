namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void ActNormStatistics(ImageShape shape, BufferView x, BufferView mean, BufferView deviation)
    {
        Span<T> input = Elements(x, shape.Length);
        double[] values = new double[input.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Wide(input[i]);
        }

        StoreStatistics(values, shape.Channels, mean, deviation);
    }

    // Two passes: the mean first, then the mean square of what is left.
    private static void StoreStatistics(double[] values, int channels, BufferView mean, BufferView deviation)
    {
        int pixels = values.Length / channels;
        double[] means = new double[channels];
        double[] deviations = new double[channels];
        for (int i = 0; i < values.Length; i++)
        {
            means[i % channels] += values[i] / pixels;
        }

        for (int i = 0; i < values.Length; i++)
        {
            double difference = values[i] - means[i % channels];
            deviations[i % channels] += difference * difference / pixels;
        }

        for (int c = 0; c < channels; c++)
        {
            deviations[c] = Math.Sqrt(deviations[c]);
        }

        Store(means, mean);
        Store(deviations, deviation);
    }
}
