using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Uniform_agrees_with_the_reference(int batch, int height, int width, int channels)
    {
        var shape = new ImageShape(batch, height, width, channels);
        AssertAgrees((buffers, s) => RunUniform(buffers, s, inPlace: false), shape);
        AssertAgrees((buffers, s) => RunUniform(buffers, s, inPlace: true), shape);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(70)]
    public void Uniform_does_not_depend_on_the_batch(int columns) =>
        AssertIndependentOfTheBatch((buffers, s) => RunUniform(buffers, s, inPlace: false), new ImageShape(4, 1, 1, columns));

    [Fact]
    public void Uniform_samples_of_both_ends_are_in_the_box()
    {
        var shape = new ImageShape(2, 1, 1, 3);
        using var buffers = new OperationBuffers(Backend, seed: 1);
        double last = 1 - (1.0 / (1 << 24));
        BufferView bounds = buffers.Values([.. new[] { -2, 0.1, 1e6, 2, 0.3, 1e6 + 0.1 }.Select(side => (double)(float)side)]);
        BufferView z = buffers.Output(6);
        Backend.UniformSample(shape, buffers.Values(0, 0, 0, last, last, last), bounds, 1, z);
        double[] samples = buffers.Read(z);
        Agreement.AssertClose("z", [-2, 0.1, 1e6, 2, 0.3, 1e6 + 0.125], samples, 1e-6);
        BufferView logProb = buffers.Values(0, 0);
        Backend.UniformLogProb(shape, z, bounds, logProb);
        double expected = -Math.Log(4 * 0.2 * 0.125);
        Agreement.AssertClose("logProb", [expected, expected], buffers.Read(logProb), 1e-5);
    }

    [Fact]
    public void Uniform_log_prob_is_minus_infinity_beside_the_box_and_NaN_of_NaN()
    {
        // More columns than a vector of the CPU and a group of a GPU have.
        const int Columns = 2500;
        var shape = new ImageShape(7, 1, 1, Columns);
        using var buffers = new OperationBuffers(Backend, seed: 1);
        double[] bounds = [.. Enumerable.Repeat(-1.0, Columns), .. Enumerable.Repeat(1.0, Columns)];
        double[] values = new double[shape.Length];
        double[] chosen = [0, -1, 1, MathF.BitDecrement(-1), MathF.BitIncrement(1), double.PositiveInfinity, double.NaN];
        for (int row = 0; row < chosen.Length; row++)
        {
            values[(row * Columns) + (row % 2 == 0 ? Columns - 1 : 0)] = chosen[row];
        }

        BufferView logProb = buffers.Filled(7, 10);
        Backend.UniformLogProb(shape, buffers.Values(values), buffers.Values(bounds), logProb);
        double[] result = buffers.Read(logProb);
        Agreement.AssertClose("inside", Enumerable.Repeat(10 - (Columns * Math.Log(2)), 3).ToArray(), result[..3], 1e-5);
        Assert.All(result[3..6], value => Assert.Equal(double.NegativeInfinity, value));
        Assert.Equal(double.NaN, result[6]);
    }
}
