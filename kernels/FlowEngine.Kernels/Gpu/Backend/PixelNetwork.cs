using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Networks;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    // Taps (B, P, 9, O). A network whose tile of pixels has room in shared memory runs fused, FusedPixelNetwork; another one
    // product by product, UnfusedPixelNetwork. Both round the same numbers.
    private abstract class PixelNetwork(GpuBackend backend, PixelNetworkShape shape, FusedNetwork fused)
        : TapNetwork(backend, shape)
    {
        protected GpuBackend Backend { get; } = backend;

        protected FusedNetwork Fused { get; } = fused;

        protected PreparedNetwork Layout { get; } = new(shape, fused);

        private PixelNetworkKernels.Network KernelNetwork => new(
            Shape.InputChannels,
            Shape.Hidden,
            Shape.OutputChannels,
            Shape.InnerActNorm ? 1 : 0,
            Shape.OutsideReadsOne ? 1 : 0);

        public override long PreparedLength(bool backward) => Layout.Length + Slack;

        public override void Prepare(in NetworkWeights weights)
        {
            using Lock.Scope queue = Backend._queue.EnterScope();
            (int hidden, int outputs) = (Shape.Hidden, Shape.OutputChannels);
            PixelNetworkParameters parameters = PixelNetworkParameters.Of(Shape, weights.Parameters);
            GpuView<float> to = Prepared(weights);
            PixelNetworkKernels.Fold(
                Backend._stream,
                Cover(Layout.Border, PixelNetworkKernels.FoldKernel),
                Backend.View(parameters.Weight1, Layout.Length1),
                Backend.View(parameters.Bias1, hidden),
                Backend.ViewOrNothing(parameters.LogScale1, hidden),
                Backend.View(parameters.Weight2, Layout.Length2),
                Backend.View(parameters.Bias2, hidden),
                Backend.ViewOrNothing(parameters.LogScale2, hidden),
                Backend.View(parameters.Weight3, Layout.Length3),
                Backend.View(parameters.Bias3, outputs),
                Backend.View(parameters.LogScale3, outputs),
                to.Slice(0, Layout.Border),
                KernelNetwork);
            PixelNetworkKernels.Border(
                Backend._stream,
                Cover(Layout.BorderLength, PixelNetworkKernels.BorderKernel),
                to.Slice(Layout.Weight3, Layout.Length3),
                to.Slice(Layout.Border, Layout.BorderLength),
                KernelNetwork);
        }

        public GpuView<float> Taps(ImageShape image, BufferView taps) => Backend.AlignedView(taps, TapElements(image));

        public GpuView<float> Bias3(in NetworkWeights weights) =>
            Prepared(weights).Slice(Layout.Bias3, Shape.OutputChannels);

        public GpuView<float> Border(in NetworkWeights weights) =>
            Prepared(weights).Slice(Layout.Border, Layout.BorderLength);

        protected override long TapsLength(ImageShape image) => TapElements(image) + Slack;

        public override void AddTaps(
            ImageShape image, in NetworkWeights weights, BufferView taps, BufferView output)
        {
            using Lock.Scope queue = Backend._queue.EnterScope();
            long length = (long)image.Pixels * Shape.OutputChannels;
            PixelNetworkKernels.TapAdd(
                Backend._stream,
                Cover(length, PixelNetworkKernels.TapAddKernel),
                Taps(image, taps),
                Bias3(weights),
                Border(weights),
                Backend.View(output, length),
                image.Pixels,
                image.Height,
                image.Width,
                Shape.OutputChannels);
        }

        protected override IPixelStage CreateStage(CouplingKind kind) => new PixelStage(Backend, this, kind);

        protected GpuView<float> Prepared(in NetworkWeights weights) =>
            Backend.AlignedView(weights.Prepared, Layout.Length);

        protected void Statistics(GpuView<float> values, ImageShape image, BufferView mean, BufferView deviation) =>
            Backend.Statistics(values, image.Pixels, Shape.Hidden, mean, deviation);

        // From the folded gradients of a layer, 1 to 3, to those of its parameters.
        protected void Unfold(
            int layer,
            in NetworkWeights weights,
            GpuView<float> dFolded,
            GpuView<float> dFoldedBias,
            GpuView<float> borders)
        {
            PixelNetworkParameters of = PixelNetworkParameters.Of(Shape, weights.Parameters);
            PixelNetworkParameters gradients = PixelNetworkParameters.Of(Shape, weights.Gradients);
            GpuView<float> prepared = Prepared(weights);
            (int hidden, int outputs) = (Shape.Hidden, Shape.OutputChannels);
            float factor = Shape.InnerActNorm ? 1 : 0;
            switch (layer)
            {
                case 1:
                    Unfold(
                        prepared.Slice(0, Layout.Length1), dFolded, prepared.Slice(Layout.Bias1, hidden), dFoldedBias,
                        borders, of.LogScale1, gradients.Weight1, gradients.Bias1, gradients.LogScale1,
                        (1, hidden, Neighbors.Taps * Shape.InputChannels), 0, factor);
                    break;
                case 2:
                    Unfold(
                        prepared.Slice(Layout.Weight2, Layout.Length2), dFolded, prepared.Slice(Layout.Bias2, hidden),
                        dFoldedBias, borders, of.LogScale2, gradients.Weight2, gradients.Bias2, gradients.LogScale2,
                        (1, hidden, hidden), 0, factor);
                    break;
                default:
                    Unfold(
                        prepared.Slice(Layout.Weight3, Layout.Length3), dFolded, prepared.Slice(Layout.Bias3, outputs),
                        dFoldedBias, borders, of.LogScale3, gradients.Weight3, gradients.Bias3, gradients.LogScale3,
                        (hidden * Neighbors.Taps, outputs, 1), Shape.OutsideReadsOne ? Neighbors.Taps * outputs : 0, 3);
                    break;
            }
        }

        // Adds the gradients of patches to the pixels they were gathered from.
        protected void ScatterPatches(ImageShape image, GpuView<float> dPatches, BufferView dx)
        {
            if (!dx.IsEmpty)
            {
                Backend.ScatterPatches(image, Shape.InputChannels, dPatches, Backend.View(dx, image.Length));
            }
        }

        // Layout is (outer, channels, inner).
        private void Unfold(
            GpuView<float> folded,
            GpuView<float> dFolded,
            GpuView<float> foldedBias,
            GpuView<float> dFoldedBias,
            GpuView<float> borders,
            BufferView logScale,
            BufferView dWeight,
            BufferView dBias,
            BufferView dLogScale,
            (int Outer, int Channels, int Inner) layout,
            int borderLength,
            float factor) =>
            PixelNetworkKernels.Unfold(
                Backend._stream,
                new LaunchGrid(layout.Channels),
                folded,
                dFolded,
                foldedBias,
                dFoldedBias,
                borders,
                Backend.ViewOrNothing(factor == 0 ? default : logScale, layout.Channels),
                Backend.View(dWeight, dFolded.Length),
                Backend.View(dBias, layout.Channels),
                factor == 0 ? Backend._partials.OfLength(1) : Backend.View(dLogScale, layout.Channels),
                layout.Outer,
                layout.Channels,
                layout.Inner,
                borderLength,
                factor);

        private long TapElements(ImageShape image) => (long)image.Pixels * Neighbors.Taps * Shape.OutputChannels;
    }
}
