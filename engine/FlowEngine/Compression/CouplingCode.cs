using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Compression;

/// <summary>An affine or additive coupling: the first half of the channels decides by a network how the second is coded.</summary>
/// <remarks>
/// The network reads the middles of the first half's cells, which the decoder has too, so it computes the same bits.
/// y₂ = sigmoid(raw + 2) · (x₂ + shift), or x₂ + shift: see <see cref="LocalCode"/>.
/// </remarks>
internal sealed class CouplingCode : ILayerCode, IDisposable
{
    private readonly CouplingLayer _layer;
    private readonly LayerContext _context;
    private readonly DeviceBuffer _prepared;
    private readonly NetworkBuffers _buffers;

    internal CouplingCode(CouplingLayer layer, in LayerContext context, NetworkBuffers buffers)
    {
        _layer = layer;
        _buffers = buffers;
        _prepared = context.Backend.Allocate(layer.PreparedLength(context.Backend));
        _context = context with { Prepared = _prepared.View };
        layer.Prepare(_context);
    }

    public void Encode(ChainBatch batch, ImageShape input)
    {
        float[] output = NetworkOutput(batch, input);
        batch.ForEach((chain, i) =>
        {
            int pixels = input.PixelsPerImage;
            for (int c = 0; c < input.Channels / 2; c++)
            {
                Span<double> plane = chain.Plane(pixels, (input.Channels / 2) + c);
                LocalCode.Add(plane, Shifts(chain, i, pixels, c, output));
                if (_layer.Kind == CouplingKind.Affine)
                {
                    LocalCode.Scale(chain.Stack, plane, Scales(chain, i, pixels, c, output));
                }
            }

            LocalCode.RequireInRange(chain.Planes(pixels, 0, input.Channels));
        });
    }

    public void Decode(ChainBatch batch, ImageShape input)
    {
        float[] output = NetworkOutput(batch, input);
        batch.ForEach((chain, i) =>
        {
            int pixels = input.PixelsPerImage;
            for (int c = (input.Channels / 2) - 1; c >= 0; c--)
            {
                Span<double> plane = chain.Plane(pixels, (input.Channels / 2) + c);
                if (_layer.Kind == CouplingKind.Affine)
                {
                    LocalCode.Unscale(chain.Stack, plane, Scales(chain, i, pixels, c, output));
                }

                LocalCode.Subtract(plane, Shifts(chain, i, pixels, c, output));
            }

            LocalCode.RequireInRange(chain.Planes(pixels, 0, input.Channels));
        });
    }

    public void Dispose() => _prepared.Dispose();

    private float[] NetworkOutput(ChainBatch batch, ImageShape input)
    {
        BufferView x = _buffers.WriteInput(batch, input, input.Channels / 2);
        BufferView workspace = _buffers.Workspace(_layer.WorkspaceLength(_context.Backend, input, backward: false));
        BufferView output = _layer.NetworkOutput(_context with { Workspace = workspace }, input, x);
        return _buffers.ReadOutput(output);
    }

    private ReadOnlySpan<double> Shifts(Chain chain, int image, int pixels, int channel, float[] output)
    {
        int channels = _layer.Network.OutputChannels;
        int first = (image * pixels * channels) + (_layer.Kind == CouplingKind.Affine ? channels / 2 : 0) + channel;
        Span<double> shifts = chain.Shifts(pixels);
        for (int p = 0; p < pixels; p++)
        {
            shifts[p] = PortableMath.Round(output[first + (p * channels)] * LocalCode.CellsPerUnit);
        }

        return shifts;
    }

    private ReadOnlySpan<GridScale> Scales(Chain chain, int image, int pixels, int channel, float[] output)
    {
        // openai/glow's offset: a network that gives zero scales by almost one.
        const double Offset = 2;
        int channels = _layer.Network.OutputChannels;
        int first = (image * pixels * channels) + channel;
        Span<double> raw = chain.Factors(pixels);
        for (int p = 0; p < pixels; p++)
        {
            raw[p] = output[first + (p * channels)] + Offset;
        }

        return chain.Scales(pixels, PortableMath.Sigmoid);
    }
}
