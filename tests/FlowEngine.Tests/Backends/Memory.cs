using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    [Fact]
    public void Memory_starts_at_zero_and_is_copied_and_filled()
    {
        using DeviceBuffer fresh = Backend.Allocate(70);
        Assert.Equal(70, fresh.Length);
        Assert.Equal(Backend.ElementType, fresh.ElementType);
        double[] values = new double[70];
        Backend.Read(fresh.View, values);
        Assert.All(values, value => Assert.Equal(0, value));

        using var buffers = new OperationBuffers(Backend, seed: 1);
        BufferView source = buffers.Random(70);
        Backend.Copy(source, fresh.View);
        Backend.Read(fresh.View, values);
        Agreement.AssertSameBits("copy", buffers.Read(source), values);

        Backend.Fill(fresh.View.Slice(3, 5), 0.5);
        Backend.Read(fresh.View.Slice(2, 7), values.AsSpan(0, 7));
        Assert.Equal([0.5, 0.5, 0.5, 0.5, 0.5], values[1..6]);
        Assert.NotEqual(0.5, values[0]);
        Assert.NotEqual(0.5, values[6]);

        float[] singles = new float[70];
        Backend.Write([0.25f, -1], fresh.View.Slice(0, 2));
        Backend.Read(fresh.View, singles);
        Assert.Equal([0.25f, -1], singles[..2]);
    }

    [Fact]
    public void CopyChannels_moves_the_stated_channels_only()
    {
        using var buffers = new OperationBuffers(Backend, seed: 1);
        var shape = new ImageShape(2, 3, 1, 5);
        BufferView source = buffers.Random(shape.Length);
        BufferView destination = buffers.Filled(shape.Pixels * 4, 7);
        Backend.CopyChannels(source, shape, 2, destination, 4, 1, 3);
        double[] from = buffers.Read(source);
        double[] to = buffers.Read(destination);
        for (int p = 0; p < shape.Pixels; p++)
        {
            Assert.Equal([7, .. from.AsSpan((p * 5) + 2, 3)], to.AsSpan(p * 4, 4).ToArray());
        }

        Assert.True(buffers.GuardsAreUntouched());
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void IsFinite_finds_one_bad_element_anywhere(double bad)
    {
        for (int length = 0; length < 40; length++)
        {
            using var buffers = new OperationBuffers(Backend, seed: length);
            Assert.True(Backend.IsFinite(buffers.Random(length)));
            for (int i = 0; i < length; i++)
            {
                double[] values = new double[length];
                values[i] = bad;
                Assert.False(Backend.IsFinite(buffers.Values(values)));
            }
        }
    }

    [Fact]
    public void A_view_of_another_backend_or_too_short_is_refused()
    {
        using var buffers = new OperationBuffers(Backend, seed: 1);
        var shape = new ImageShape(1, 2, 2, 2);
        BufferView right = buffers.Random(shape.Length);
        BufferView output = buffers.Random(shape.Length);
        BufferView logDet = buffers.Random(1);
        BufferView tooShort = right.Slice(0, shape.Length - 1);
        Assert.ThrowsAny<ArgumentException>(
            () => Backend.CouplingForward(CouplingKind.Affine, shape, tooShort, output, right, logDet));
        Assert.ThrowsAny<ArgumentException>(
            () => Backend.CouplingForward(CouplingKind.Affine, shape, right, default, right, logDet));
    }
}
