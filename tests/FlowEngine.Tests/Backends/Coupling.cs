using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    public static TheoryData<CouplingKind, bool> CouplingCases => new()
    {
        { CouplingKind.Affine, false },
        { CouplingKind.Affine, true },
        { CouplingKind.Additive, false },
        { CouplingKind.Additive, true },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Coupling_agrees_with_the_reference(int batch, int height, int width, int channels)
    {
        var shape = new ImageShape(batch, height, width, channels);
        foreach ((CouplingKind kind, bool inPlace) in CouplingCases.Select(row => row.Data))
        {
            AssertAgrees((buffers, s) => RunCoupling(buffers, s, kind, inPlace), shape);
        }
    }

    [Fact]
    public void Coupling_of_odd_channels_agrees_with_the_reference()
    {
        foreach ((CouplingKind kind, bool inPlace) in CouplingCases.Select(row => row.Data))
        {
            for (int channels = 2; channels <= 70; channels += 3)
            {
                var shape = new ImageShape(5, 1, 1 + (channels % 4), channels);
                AssertAgrees((buffers, s) => RunCoupling(buffers, s, kind, inPlace), shape);
            }
        }
    }

    [Theory]
    [MemberData(nameof(CouplingCases))]
    public void Coupling_agrees_at_every_pixel_count(CouplingKind kind, bool inPlace)
    {
        for (int pixels = 1; pixels <= 70; pixels++)
        {
            AssertAgrees(
                (buffers, s) => RunCoupling(buffers, s, kind, inPlace),
                new ImageShape(1, 1, pixels, 2 + (pixels % 5 * 2)));
        }
    }

    [Theory]
    [MemberData(nameof(CouplingCases))]
    public void Coupling_does_not_depend_on_the_batch(CouplingKind kind, bool inPlace)
    {
        foreach ((int height, int width, int channels) in new[] { (1, 1, 2), (3, 5, 6), (7, 19, 24) })
        {
            AssertIndependentOfTheBatch(
                (buffers, s) => RunCoupling(buffers, s, kind, inPlace), new ImageShape(4, height, width, channels));
        }
    }

    [Theory]
    [InlineData(-60)]
    [InlineData(-20)]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(80)]
    public void Coupling_scale_saturates_without_losing_the_log_determinant(double raw)
    {
        var shape = new ImageShape(1, 1, 1, 2);
        using var buffers = new OperationBuffers(Backend, seed: 1);
        BufferView output = buffers.Values(raw, 0.25);
        BufferView y = buffers.Output(2);
        BufferView logDet = buffers.Values(0);
        Backend.CouplingForward(CouplingKind.Affine, shape, buffers.Values(1, 0.5), output, y, logDet);

        // For large arguments log-sigmoid(a) is -e^(-a), for small ones a.
        double a = raw + 2;
        double expected = a > 15 ? -Math.Exp(-a) : a < -15 ? a : -Math.Log(1 + Math.Exp(-a));
        double actual = buffers.Read(logDet)[0];
        Assert.True(Math.Abs(actual - expected) <= 1e-5 * Math.Abs(expected), $"{actual}, expected {expected}");
        Assert.True(Backend.IsFinite(y));
    }
}
