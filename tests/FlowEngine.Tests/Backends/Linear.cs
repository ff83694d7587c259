using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Linear_agrees_with_the_reference(int batch, int height, int width, int channels) =>
        AssertAgrees(RunLinear, new ImageShape(batch, height, width, channels));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(70)]
    public void Linear_does_not_depend_on_the_batch(int columns) =>
        AssertIndependentOfTheBatch(RunLinear, new ImageShape(4, 1, 1, columns));
}
