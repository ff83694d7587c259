using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    [Theory]
    [MemberData(nameof(NetworkShapes))]
    public void PixelStage_agrees_with_the_reference(int batch, int height, int width, int channels, int hidden)
    {
        bool inPlace = false;
        foreach ((CouplingKind kind, bool innerActNorm, bool outsideReadsOne) in NetworkKinds.Select(row => row.Data))
        {
            PixelNetworkShape network =
                NetworkShape(kind, channels, Math.Min(hidden, 16), innerActNorm, outsideReadsOne);
            bool aliased = inPlace = !inPlace;
            AssertAgrees(
                (buffers, shape) => RunPixelStage(buffers, shape, kind, network, aliased),
                new ImageShape(batch, height, width, channels));
        }
    }

    [Theory]
    [MemberData(nameof(NetworkKinds))]
    public void PixelStage_agrees_at_every_pixel_count(CouplingKind kind, bool innerActNorm, bool outsideReadsOne)
    {
        PixelNetworkShape network = NetworkShape(kind, 6, 5, innerActNorm, outsideReadsOne);
        for (int pixels = 1; pixels <= 70; pixels++)
        {
            AssertAgrees(
                (buffers, shape) => RunPixelStage(buffers, shape, kind, network, inPlace: false),
                pixels % 2 == 0 ? new ImageShape(1, 2, pixels / 2, 6) : new ImageShape(1, 1, pixels, 6));
        }
    }

    [Theory]
    [MemberData(nameof(NetworkKinds))]
    public void PixelStage_does_not_depend_on_the_batch(CouplingKind kind, bool innerActNorm, bool outsideReadsOne)
    {
        foreach ((int height, int width, int channels) in new[] { (1, 1, 2), (3, 5, 6), (7, 19, 12) })
        {
            PixelNetworkShape network = NetworkShape(kind, channels, 7, innerActNorm, outsideReadsOne);
            AssertIndependentOfTheBatch(
                (buffers, shape) => RunPixelStage(buffers, shape, kind, network, inPlace: false),
                new ImageShape(4, height, width, channels));
        }
    }

    private static Outputs RunPixelStage(
        TestBuffers buffers, ImageShape shape, CouplingKind kind, PixelNetworkShape network, bool inPlace)
    {
        IBackend backend = buffers.Backend;
        long outputLength = (long)shape.Pixels * network.OutputChannels;
        PixelAffineMap map = AssembledMap(buffers, AffineParameters(buffers, shape.Channels, true, true));
        BufferView prepared = PreparedNetwork(buffers, network, NetworkParameters(buffers, network));
        BufferView x = buffers.PerImage(shape.Dims);
        BufferView taps = NetworkOutput(buffers, network, shape, prepared, x, keep: false).Taps;

        // Without a next map, and without the outputs that may be left out.
        BufferView last = buffers.Output(shape.Length);
        BufferView lastLogDet = buffers.PerImage(1, 0.5, -3);
        backend.PixelStageForward(
            kind, network, shape, prepared, taps, x, default, default, default, last, lastLogDet);

        BufferView output = buffers.Output(outputLength);
        BufferView coupled = buffers.Output(shape.Length);
        BufferView forwardInput = buffers.CopyOf(x);
        BufferView y = LikeOutputs(buffers, forwardInput, inPlace);
        BufferView logDet = buffers.PerImage(1, 0.5, -3);
        backend.PixelStageForward(
            kind, network, shape, prepared, taps, forwardInput, map, output, coupled, y, logDet);

        // The taps belong to x₁, which the coupling leaves as it is.
        BufferView toInvert = buffers.CopyOf(coupled);
        BufferView inverse = LikeOutputs(buffers, toInvert, inPlace);
        backend.PixelStageInverse(kind, network, shape, prepared, taps, toInvert, map, inverse);

        BufferView dy = buffers.PerImage(shape.Dims);
        BufferView dx = LikeOutputs(buffers, dy, inPlace);
        BufferView dOutput = buffers.Output(outputLength);
        BufferView undone = buffers.Output(shape.Length);
        backend.PixelStageBackward(
            kind, network, shape, prepared, taps, coupled, map, dy, buffers.PerImage(1), undone, dx, dOutput);
        return new Outputs()
            .PerImage("last", last)
            .PerImage("lastLogDet", lastLogDet)
            .PerImage("output", output)
            .PerImage("coupled", coupled)
            .PerImage("y", y)
            .PerImage("logDet", logDet)
            .PerImage("inverse", inverse)
            .PerImage("undone", undone)
            .PerImage("dx", dx)
            .PerImage("dOutput", dOutput);
    }
}
