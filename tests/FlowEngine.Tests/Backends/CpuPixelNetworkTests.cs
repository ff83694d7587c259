using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using Xunit;

namespace FlowEngine.Tests.Backends;

/// <summary>What the CPU backend promises beyond agreement with the reference: the same bits.</summary>
public sealed class CpuPixelNetworkTests
{
    public static TheoryData<int, int, int, int, int, CouplingKind, bool> Cases => new()
    {
        { 1, 1, 1, 2, 5, CouplingKind.Affine, true },
        { 3, 7, 5, 12, 40, CouplingKind.Affine, false },
        { 2, 3, 11, 6, 33, CouplingKind.Additive, true },
        { 2, 16, 17, 4, 64, CouplingKind.Affine, true },
        { 5, 16, 16, 12, 20, CouplingKind.Affine, false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Any_number_of_threads_gives_the_same_bits(
        int batch, int height, int width, int channels, int hidden, CouplingKind kind, bool outsideReadsOne)
    {
        ImageShape image = new(batch, height, width, channels);
        float[] expected = Run(1, image, hidden, kind, outsideReadsOne, fused: true);
        Assert.All(expected, value => Assert.True(float.IsFinite(value)));
        foreach (int threads in (ReadOnlySpan<int>)[2, 3, 5])
        {
            Assert.Equal(expected, Run(threads, image, hidden, kind, outsideReadsOne, fused: true));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_stage_gives_the_bits_of_the_separate_operations(
        int batch, int height, int width, int channels, int hidden, CouplingKind kind, bool outsideReadsOne)
    {
        ImageShape image = new(batch, height, width, channels);
        Assert.Equal(
            Run(2, image, hidden, kind, outsideReadsOne, fused: false),
            Run(2, image, hidden, kind, outsideReadsOne, fused: true));
    }

    [Fact]
    public void An_image_has_the_same_taps_at_any_position_of_a_batch()
    {
        ImageShape image = new(3, 5, 7, 4);
        PixelNetworkShape network = new(2, 24, 4, InnerActNorm: false, OutsideReadsOne: true);
        using Session session = new(2, network, image);
        float[] values = Session.RandomValues(image.Length, 1);
        float[] all = session.Output(image, values);
        int one = image.Dims;
        for (int b = 0; b < image.Batch; b++)
        {
            float[] alone = session.Output(image with { Batch = 1 }, values[(b * one)..((b + 1) * one)]);
            Assert.Equal(all[(b * one)..((b + 1) * one)], alone);
        }
    }

    private static float[] Run(
        int threads, ImageShape image, int hidden, CouplingKind kind, bool outsideReadsOne, bool fused)
    {
        int half = image.Channels / 2;
        int outputs = kind == CouplingKind.Affine ? image.Channels : half;
        PixelNetworkShape network = new(half, hidden, outputs, InnerActNorm: true, outsideReadsOne);
        using Session session = new(threads, network, image);
        return session.Step(kind, fused);
    }

    /// <summary>A network with random parameters, and the buffers of one step of a flow.</summary>
    private sealed class Session : IDisposable
    {
        private readonly CpuBackend _backend;
        private readonly List<DeviceBuffer> _buffers = [];
        private readonly PixelNetworkShape _network;
        private readonly ImageShape _image;
        private readonly IPixelNetwork _runs;
        private readonly NetworkWeights _weights;

        public Session(int threads, PixelNetworkShape network, ImageShape image)
        {
            _backend = new CpuBackend(threads);
            _network = network;
            _image = image;
            _runs = (IPixelNetwork)_backend.GetNetwork(network);
            _weights = new NetworkWeights(Parameters(0.3f), Values(_runs.PreparedLength(backward: true)), Parameters(0));
            _runs.Prepare(_weights);
        }

        public void Dispose()
        {
            foreach (DeviceBuffer buffer in _buffers)
            {
                buffer.Dispose();
            }

            _backend.Dispose();
        }

        public static float[] RandomValues(long length, float scale)
        {
            Random random = new((int)length + 17);
            float[] values = new float[length];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = scale * ((2 * random.NextSingle()) - 1);
            }

            return values;
        }

        /// <summary>The network's output for a batch of these values.</summary>
        public float[] Output(ImageShape image, float[] values)
        {
            BufferView x = Values(image.Length);
            _backend.Write(values, x);
            BufferView output = Values(image.WithChannels(_network.OutputChannels).Length);
            _runs.Forward(image, _weights, x, output, default, Workspace(image, backward: false));
            return Read(output);
        }

        /// <summary>Forward, inverse and backward passes of one coupling and its affine map.</summary>
        public float[] Step(CouplingKind kind, bool fused)
        {
            int channels = _image.Channels;
            BufferView x = Random(_image.Length, 1);
            BufferView kept = Values(_runs.KeptLength(_image));
            BufferView scratch = Workspace(_image, backward: false);
            BufferView taps = _runs.ForwardToTaps(_image, _weights, x, kept, scratch);
            PixelAffineMap map = new(channels, Random(PixelAffineMap.LengthFor(channels), 0.5f));
            BufferView output = Values(_image.WithChannels(_network.OutputChannels).Length);
            BufferView coupled = Values(_image.Length);
            BufferView y = Values(_image.Length);
            BufferView logDet = Random(_image.Batch, 1);
            BufferView undone = Values(_image.Length);
            BufferView dy = Random(_image.Length, 1);
            BufferView dx = Values(_image.Length);
            BufferView dOutput = Values(output.Length);
            BufferView dLogDet = Random(_image.Batch, 1);
            if (fused)
            {
                IPixelStage stage = _runs.Stage(kind);
                stage.Forward(_image, _weights, taps, x, map, output, coupled, y, logDet);
                stage.Backward(_image, _weights, taps, coupled, map, dy, dLogDet, undone, dx, dOutput);
                BufferView again = Values(_image.Length);
                stage.Inverse(_image, _weights, taps, coupled, map, again);
                Assert.Equal(Read(undone), Read(again));
            }
            else
            {
                _runs.Forward(_image, _weights, x, output, default, scratch);
                _backend.CouplingForward(kind, _image, x, output, coupled, logDet);
                _backend.PixelAffine.Forward(_image, map, coupled, y, logDet);
                _backend.CouplingBackward(kind, _image, coupled, output, dy, dLogDet, dx, dOutput);
                _backend.CouplingInverse(kind, _image, coupled, output, undone);
                _backend.PixelAffine.Inverse(_image, map, undone, undone);
            }

            float[] before = Read(dx);
            _runs.Backward(_image, _weights, x, kept, dOutput, dx, Workspace(_image, backward: true));
            var gradients = PixelNetworkParameters.Of(_network, _weights.Gradients);
            BufferView[] results =
            [
                output, coupled, y, logDet, undone, dOutput, dx,
                gradients.Weight1, gradients.Bias1, gradients.LogScale1,
                gradients.Weight2, gradients.Bias2, gradients.LogScale2,
                gradients.Weight3, gradients.Bias3, gradients.LogScale3,
            ];
            return [.. before, .. results.SelectMany(Read)];
        }

        private BufferView Workspace(ImageShape image, bool backward) =>
            Values(_runs.WorkspaceLength(image, backward));

        private BufferView Parameters(float scale)
        {
            BufferView array = Values(_network.ParametersLength);
            var parts = new ParameterParts(array);
            foreach (NetworkParameter parameter in _network.Parameters)
            {
                _backend.Write(RandomValues(parameter.Length, scale), parts.Take(parameter.Length));
            }

            return array;
        }

        // Outputs and scratch start as NaN: what is read before it is written shows.
        private BufferView Values(long length)
        {
            DeviceBuffer buffer = _backend.Allocate(length);
            _buffers.Add(buffer);
            _backend.Fill(buffer.View, double.NaN);
            return buffer.View;
        }

        private BufferView Random(long length, float scale)
        {
            BufferView view = Values(length);
            _backend.Write(RandomValues(length, scale), view);
            return view;
        }

        private float[] Read(BufferView view)
        {
            float[] values = new float[view.Length];
            _backend.Read(view, values.AsSpan());
            return values;
        }
    }
}
