using System.Numerics.Tensors;
using FlowEngine.Extensions;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Models;
using Xunit;

namespace FlowEngine.Tests.Extensions;

/// <summary>Inference on tensor spans gives what it gives on spans.</summary>
public sealed class ModelTensorsTests : IDisposable
{
    private readonly CpuBackend _backend = new(1);
    private readonly Model _model;

    public ModelTensorsTests() => _model = TinyGlow.Perturbed(_backend, TinyVectors.Maf());

    public void Dispose()
    {
        _model.Dispose();
        _backend.Dispose();
    }

    [Fact]
    public void Dense_and_strided_tensors_give_the_same_bits()
    {
        float[] rows = [.. Enumerable.Range(0, 3 * 5).Select(i => (float)Math.Cos(i))];
        double[] expected = _model.LogProb(rows);
        Assert.Equal(expected, _model.LogProb(new ReadOnlyTensorSpan<float>(rows, [3, 5])));

        // Every second value of a wider array.
        float[] wide = [.. rows.SelectMany(value => new[] { value, float.NaN })];
        ReadOnlyTensorSpan<float> strided = new(wide, [3, 5], [10, 2]);
        Assert.Equal(expected, _model.LogProb(strided));
        Assert.Equal(_model.Forward(rows), _model.Forward(strided));
    }

    [Fact]
    public void Samples_fill_a_tensor_and_the_gaps_stay()
    {
        float[] expected = _model.Sample(2, 1, seed: 3);
        float[] wide = new float[2 * 10];
        Array.Fill(wide, 7);
        _model.Sample(new TensorSpan<float>(wide, [2, 5], [10, 2]), 1, seed: 3);
        Assert.Equal(expected, wide.Where((_, i) => i % 2 == 0));
        Assert.All(wide.Where((_, i) => i % 2 == 1), gap => Assert.Equal(7, gap));
    }

    [Theory]
    [InlineData(5, 3)]
    [InlineData(15, 1)]
    public void Another_shape_is_refused(int rows, int columns)
    {
        float[] values = new float[15];
        FlowException error = Assert.Throws<FlowException>(() =>
            _model.LogProb(new ReadOnlyTensorSpan<float>(values, [rows, columns])));
        Assert.Equal(
            $"values are of shape ({rows}, {columns}), expected (B, 5) or (B, 1, 1, 5)", error.Message);
    }
}
