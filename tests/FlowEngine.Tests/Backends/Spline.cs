using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    [Fact]
    public void Splines_agree_with_the_reference()
    {
        foreach ((_, RationalQuadraticSpline spline) in Splines)
        {
            foreach (RationalQuadraticSpline sized in new[] { spline, spline with { Bins = 2 }, spline with { Bins = 9 } })
            {
                for (int columns = 1; columns <= 35; columns += 17)
                {
                    var shape = new ImageShape(37, 1, 1, columns);
                    AssertAgrees((buffers, s) => RunSpline(buffers, s, sized, columns / 2), shape);
                    AssertAgrees((buffers, s) => RunSpline(buffers, s, sized, 0), shape);
                }
            }
        }
    }

    [Fact]
    public void Scales_and_shifts_agree_with_the_reference()
    {
        foreach ((_, MonotonicMap map) in MonotonicMaps.Where(known => known.Map is MonotonicAffine))
        {
            for (int columns = 1; columns <= 35; columns += 17)
            {
                AssertAgrees((buffers, s) => RunSpline(buffers, s, map, columns / 2), new ImageShape(37, 1, 1, columns));
            }
        }
    }

    [Fact]
    public void Splines_do_not_depend_on_the_batch()
    {
        foreach ((_, MonotonicMap spline) in MonotonicMaps)
        {
            AssertIndependentOfTheBatch((buffers, s) => RunSpline(buffers, s, spline, 2), new ImageShape(5, 1, 1, 9));
        }
    }

    [Fact]
    public void A_spline_leaves_what_is_not_between_its_bounds()
    {
        double[] values = [-1e30, -3.5, 3.5, double.PositiveInfinity, double.NaN];
        foreach ((_, RationalQuadraticSpline spline) in Splines)
        {
            var shape = new ImageShape(1, 1, 1, values.Length);
            using var buffers = new OperationBuffers(Backend, seed: 1, images: 0);
            BufferView output = buffers.PerImage(values.Length * spline.ParametersLength);
            BufferView y = buffers.Output(values.Length);
            BufferView back = buffers.Output(values.Length);
            BufferView dx = buffers.Output(values.Length);
            BufferView dOutput = buffers.Output(output.Length);
            BufferView logDet = buffers.Values(0.25);
            BufferView x = buffers.Values(values);
            Backend.Splines.Forward(spline, shape, 0, x, output, y, logDet);
            Backend.Splines.Inverse(spline, shape, 0, x, output, back);
            Backend.Splines.Backward(spline, shape, 0, x, output, buffers.Values(1, 2, 3, 4, 5), logDet, dx, dOutput);
            Assert.Equal(Array.ConvertAll(values, value => (double)(float)value), buffers.Read(y).Select(v => (double)(float)v));
            Assert.Equal(buffers.Read(y), buffers.Read(back));
            Assert.Equal([0.25], buffers.Read(logDet));
            Assert.Equal([1, 2, 3, 4, 5], buffers.Read(dx));
            Assert.All(buffers.Read(dOutput), value => Assert.Equal(0, value));
        }
    }
}
