using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Gradients;

public sealed class PixelNetworkGradientTests
{
    public static TheoryData<CouplingKind, bool, bool> Kinds => new()
    {
        { CouplingKind.Affine, false, false },
        { CouplingKind.Affine, true, false },
        { CouplingKind.Affine, false, true },
        { CouplingKind.Affine, true, true },
        { CouplingKind.Additive, true, true },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PixelNetwork_backward_matches_finite_differences(
        CouplingKind kind, bool innerActNorm, bool outsideReadsOne)
    {
        foreach ((int height, int width, int channels) in new[] { (1, 1, 2), (2, 3, 4), (4, 1, 2) })
        {
            var shape = new ImageShape(2, height, width, channels);
            var step = new StepOfDoubles(kind, shape, 5, innerActNorm, outsideReadsOne);
            double error = GradientChecker.WorstError(
                step.RandomInputs(1),
                values =>
                {
                    using var arrays = new DoubleArrays();
                    return arrays.Read(step.RunNetwork(arrays, values).Output);
                },
                (values, g) =>
                {
                    using var arrays = new DoubleArrays();
                    BufferView dx = arrays.Zeros(step.Shape.Length);
                    return step.NetworkBackward(arrays, values, arrays.Of(g[0]), dx);
                });
            Assert.True(error <= 1, $"{step.Shape}: error {error}");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_coupling_and_its_network_match_finite_differences_together(
        CouplingKind kind, bool innerActNorm, bool outsideReadsOne)
    {
        var step = new StepOfDoubles(kind, new ImageShape(2, 2, 3, 4), 4, innerActNorm, outsideReadsOne);
        double error = GradientChecker.WorstError(
            step.RandomInputs(2),
            values =>
            {
                using var arrays = new DoubleArrays();
                return arrays.Read(step.Couple(arrays, values));
            },
            (values, g) =>
            {
                using var arrays = new DoubleArrays();
                BufferView y = step.Couple(arrays, values)[0];
                BufferView output = step.RunNetwork(arrays, values).Output;
                BufferView dOutput = arrays.Zeros(output.Length);
                BufferView dx = arrays.Zeros(step.Shape.Length);
                arrays.Backend.CouplingBackward(
                    kind, step.Shape, y, output, arrays.Of(g[0]), arrays.Of(g[1]), dx, dOutput);
                return step.NetworkBackward(arrays, values, dOutput, dx);
            });
        Assert.True(error <= 1, $"error {error}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PixelStage_backward_matches_finite_differences_and_undoes_the_step(
        CouplingKind kind, bool innerActNorm, bool outsideReadsOne)
    {
        var step = new StepOfDoubles(kind, new ImageShape(2, 2, 3, 4), 4, innerActNorm, outsideReadsOne);
        double[][] inputs = step.RandomInputs(3);
        double error = GradientChecker.WorstError(
            inputs,
            values =>
            {
                using var arrays = new DoubleArrays();
                BufferView y = arrays.Zeros(step.Shape.Length);
                BufferView logDet = arrays.Zeros(step.Shape.Batch);
                step.Stage(arrays).Forward(
                    step.Shape,
                    step.Weights(arrays, values),
                    step.Taps(arrays, values),
                    arrays.Of(values[0]),
                    default,
                    default,
                    default,
                    y,
                    logDet);
                return arrays.Read(y, logDet);
            },
            (values, g) =>
            {
                using var arrays = new DoubleArrays();
                BufferView y = step.Couple(arrays, values)[0];
                BufferView dOutput = arrays.Zeros((long)step.Shape.Pixels * step.Network.OutputChannels);
                BufferView dx = arrays.Zeros(step.Shape.Length);
                BufferView x = arrays.Zeros(step.Shape.Length);

                // x ↦ 2x as the step's own map: what comes back is half of the coupling's input.
                var parameters = new PixelAffineParameters(
                    4,
                    arrays.Zeros(4),
                    arrays.Of([Math.Log(2), Math.Log(2), Math.Log(2), Math.Log(2)]),
                    default,
                    default,
                    default,
                    default,
                    default);
                var map = new PixelAffineMap(4, arrays.Zeros(PixelAffineMap.LengthFor(4)));
                arrays.Backend.PixelAffine.Assemble(parameters, map, inverse: true);
                step.Stage(arrays).Backward(
                    step.Shape,
                    step.Weights(arrays, values),
                    step.Taps(arrays, values),
                    y,
                    map,
                    arrays.Of(g[0]),
                    arrays.Of(g[1]),
                    x,
                    dx,
                    dOutput);
                Assert.All(
                    values[0].Zip(arrays.Read(x)[0], (expected, actual) => Math.Abs((expected / 2) - actual)),
                    difference => Assert.True(difference <= 1e-12));
                return step.NetworkBackward(arrays, values, dOutput, dx);
            });
        Assert.True(error <= 1, $"error {error}");
    }
}
