using Xunit;

namespace FlowEngine.Tests.Gradients;

/// <summary>The checker must be able to fail.</summary>
public sealed class GradientCheckerTests
{
    private readonly double[][] _inputs = [GradientChecker.RandomArray(new Random(1), 5)];

    [Fact]
    public void The_right_gradient_passes()
    {
        double error = GradientChecker.WorstError(_inputs, Exponential, ExponentialBackward);
        Assert.True(error <= 1, $"error {error}");
    }

    [Fact]
    public void A_zero_gradient_fails() => AssertFails((inputs, _) => [new double[inputs[0].Length]]);

    [Fact]
    public void A_missing_log_determinant_term_fails() =>
        AssertFails((inputs, g) => ExponentialBackward(inputs, [g[0], [0.0]]));

    [Fact]
    public void A_flipped_sign_fails() =>
        AssertFails((inputs, g) => [[.. ExponentialBackward(inputs, g)[0].Select(value => -value)]]);

    [Fact]
    public void One_wrong_element_fails() => AssertFails((inputs, g) =>
    {
        double[][] gradients = ExponentialBackward(inputs, g);
        gradients[0][2] *= 1 + 1e-4;
        gradients[0][2] += 1e-5;
        return gradients;
    });

    [Fact]
    public void Not_a_number_fails() => AssertFails((inputs, g) =>
    {
        double[][] gradients = ExponentialBackward(inputs, g);
        gradients[0][2] = double.NaN;
        return gradients;
    });

    private void AssertFails(GradientChecker.Backward backward)
    {
        double error = GradientChecker.WorstError(_inputs, Exponential, backward);
        Assert.False(error <= 1, $"error {error}");
    }

    // y = exp(x), whose LogDet is Σ x.
    private static double[][] Exponential(double[][] inputs) => [[.. inputs[0].Select(Math.Exp)], [inputs[0].Sum()]];

    private static double[][] ExponentialBackward(double[][] inputs, double[][] g) =>
        [[.. inputs[0].Zip(g[0], (x, dy) => (dy * Math.Exp(x)) + g[1][0])]];
}
