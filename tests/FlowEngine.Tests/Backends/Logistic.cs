using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Logistic_agrees_with_the_reference(int batch, int height, int width, int channels)
    {
        var shape = new ImageShape(batch, height, width, channels);
        AssertAgrees((buffers, s) => RunLogistic(buffers, s, inPlace: false), shape);
        AssertAgrees((buffers, s) => RunLogistic(buffers, s, inPlace: true), shape);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(70)]
    public void Logistic_does_not_depend_on_the_batch(int columns) =>
        AssertIndependentOfTheBatch((buffers, s) => RunLogistic(buffers, s, inPlace: false), new ImageShape(4, 1, 1, columns));

    [Fact]
    public void Logistic_samples_are_finite_at_both_ends()
    {
        var shape = new ImageShape(1, 1, 1, 4);
        using var buffers = new OperationBuffers(Backend, seed: 1);
        BufferView z = buffers.Output(4);
        double last = 1 - (1.0 / (1 << 24));
        Backend.LogisticSample(shape, buffers.Values(0, 0.25, 0.5, last), 1, z);
        double[] values = buffers.Read(z);
        Agreement.AssertClose("z", [-25 * Math.Log(2), -Math.Log(3), 0, 25 * Math.Log(2)], values, 1e-6);
    }

    [Fact]
    public void Logistic_log_prob_is_that_of_the_logistic_distribution()
    {
        var shape = new ImageShape(1, 1, 1, 3);
        using var buffers = new OperationBuffers(Backend, seed: 1);
        BufferView logProb = buffers.Values(10);
        Backend.LogisticLogProb(shape, buffers.Values(0, 1, -100), logProb);
        double expected = 10 - (2 * Math.Log(2)) + (-1 - (2 * Math.Log(1 + Math.Exp(-1)))) - 100;
        Agreement.AssertClose("logProb", [expected], buffers.Read(logProb), 1e-6);
    }
}
