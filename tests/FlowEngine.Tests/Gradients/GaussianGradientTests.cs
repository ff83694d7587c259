using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Gradients;

public sealed class GaussianGradientTests
{
    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(3, 2, 3, 2)]
    [InlineData(3, 2, 1, 5)]
    public void Gaussian_backward_matches_finite_differences(int batch, int height, int width, int channels)
    {
        var shape = new ImageShape(batch, height, width, channels);
        foreach (int priorBatch in new[] { 1, batch })
        {
            int priorLength = 2 * priorBatch * shape.Dims;
            var random = new Random(1);
            double[][] inputs =
            [
                GradientChecker.RandomArray(random, (int)shape.Length),
                GradientChecker.RandomArray(random, priorLength, 0.7),
            ];
            double error = GradientChecker.WorstError(
                inputs,
                values =>
                {
                    using var arrays = new DoubleArrays();
                    BufferView logProb = arrays.Zeros(batch);
                    arrays.Backend.GaussianLogProb(
                        shape, arrays.Of(values[0]), arrays.Of(values[1]), priorBatch, logProb);
                    return arrays.Read(logProb);
                },
                (values, g) =>
                {
                    using var arrays = new DoubleArrays();
                    BufferView dz = arrays.Zeros(shape.Length);
                    BufferView dPrior = arrays.Zeros(priorLength);
                    arrays.Backend.GaussianBackward(
                        shape, arrays.Of(values[0]), arrays.Of(values[1]), priorBatch, arrays.Of(g[0]), dz, dPrior);
                    return arrays.Read(dz, dPrior);
                });
            Assert.True(error <= 1, $"prior batch {priorBatch}: error {error}");
        }
    }

    [Fact]
    public void Gaussian_standardize_undoes_sample()
    {
        var shape = new ImageShape(2, 2, 3, 3);
        var random = new Random(1);
        using var arrays = new DoubleArrays();
        double[] noise = GradientChecker.RandomArray(random, (int)shape.Length);
        BufferView prior = arrays.Of(GradientChecker.RandomArray(random, 2 * (int)shape.Length));
        BufferView z = arrays.Zeros(shape.Length);
        arrays.Backend.GaussianSample(shape, arrays.Of(noise), prior, 2, 1, z);
        arrays.Backend.GaussianStandardize(shape, z, prior, 2, z);
        foreach ((double expected, double actual) in noise.Zip(arrays.Read(z)[0]))
        {
            Assert.True(Math.Abs(actual - expected) <= 1e-12);
        }
    }
}
