using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    [Theory]
    [InlineData(1, 2, 2, 1)]
    [InlineData(2, 2, 4, 3)]
    [InlineData(3, 6, 2, 2)]
    [InlineData(1, 10, 8, 12)]
    [InlineData(2, 16, 34, 5)]
    public void Squeeze_is_the_stated_permutation(int batch, int height, int width, int channels)
    {
        var shape = new ImageShape(batch, height, width, channels);
        using var buffers = new OperationBuffers(Backend, seed: 1);
        BufferView x = buffers.Random(shape.Length);
        BufferView y = buffers.Output(shape.Length);
        BufferView back = buffers.Output(shape.Length);
        Backend.SqueezeForward(shape, x, y);
        Backend.SqueezeInverse(shape, y, back);
        double[] from = buffers.Read(x);
        double[] to = buffers.Read(y);
        for (int b = 0; b < batch; b++)
        {
            for (int h = 0; h < height; h++)
            {
                for (int w = 0; w < width; w++)
                {
                    for (int c = 0; c < channels; c++)
                    {
                        int row = (b * height / 2) + (h / 2);
                        int channel = (4 * c) + (2 * (h % 2)) + (w % 2);
                        int squeezed = (((row * width / 2) + (w / 2)) * 4 * channels) + channel;
                        Assert.Equal(from[(((((b * height) + h) * width) + w) * channels) + c], to[squeezed]);
                    }
                }
            }
        }

        Agreement.AssertSameBits("squeeze and back", from, buffers.Read(back));
        Assert.True(buffers.GuardsAreUntouched());
    }
}
