using Xunit;

namespace FlowEngine.Tests.Gradients;

/// <summary>Compares the gradients a backward pass gives with central differences, in double.</summary>
public static class GradientChecker
{
    /// <summary>From inputs to outputs, LogDet among them.</summary>
    public delegate double[][] Forward(double[][] inputs);

    /// <summary>From inputs and the gradients of the outputs to the gradients of the inputs.</summary>
    public delegate double[][] Backward(double[][] inputs, double[][] outputGradients);

    /// <summary>
    /// The worst |numerical - analytic| over all elements of all inputs, in units of 1e-6 · max(1, |numerical|): at
    /// most 1 is a pass. The loss is ⟨g, outputs⟩ with random g for every output.
    /// </summary>
    public static double WorstError(double[][] inputs, Forward forward, Backward backward)
    {
        var random = new Random(3);
        double[][] g = [.. forward(inputs).Select(output => RandomArray(random, output.Length))];
        double[][] analytic = backward(inputs, g);
        Assert.Equal(inputs.Select(input => input.Length), analytic.Select(gradient => gradient.Length));
        double worst = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            for (int j = 0; j < inputs[i].Length; j++)
            {
                double numerical = CentralDifference(inputs, i, j, () => Loss(g, forward(inputs)));
                double error = Math.Abs(numerical - analytic[i][j]) / (1e-6 * Math.Max(1, Math.Abs(numerical)));

                // Math.Max hands NaN on, so that one bad element is not forgotten.
                worst = Math.Max(worst, error);
            }
        }

        return worst;
    }

    public static double[] RandomArray(Random random, int length, double scale = 1) =>
        [.. Enumerable.Range(0, length).Select(_ => scale * Math.Sqrt(3) * ((2 * random.NextDouble()) - 1))];

    private static double CentralDifference(double[][] inputs, int i, int j, Func<double> loss)
    {
        double value = inputs[i][j];
        double step = 6e-6 * Math.Max(1, Math.Abs(value));
        inputs[i][j] = value + step;
        double above = loss();
        inputs[i][j] = value - step;
        double below = loss();
        inputs[i][j] = value;
        return (above - below) / (2 * step);
    }

    private static double Loss(double[][] g, double[][] outputs) =>
        g.Zip(outputs, (weights, values) => weights.Zip(values, (w, v) => w * v).Sum()).Sum();
}
