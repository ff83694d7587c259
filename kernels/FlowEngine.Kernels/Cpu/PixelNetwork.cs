using System.Runtime.Intrinsics;
using FlowEngine.Kernels.Networks;

namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    // Lanes are pixels. Activations are panels, [panel][channel][32 pixels], over the linear index of all pixels of the
    // batch; a tile of up to four panels goes through all products while its activations are in the cache. Tap values are
    // planes, (9·O) rows of pixels, so that the shifts are unaligned loads. Kept are h₂, and h₁ where computing it again
    // would take longer than its way to memory and back.
    private sealed class PixelNetwork(CpuBackend backend, PixelNetworkShape shape) : TapNetwork(backend, shape)
    {
        private readonly CpuBackend _backend = backend;
        private readonly PixelNetworkLayout _layout = new(shape);

        public override long PreparedLength(bool backward) => backward ? _layout.PreparedLength : _layout.ForwardLength;

        public override void Prepare(in NetworkWeights weights)
        {
            PixelNetworkParameters parameters = PixelNetworkParameters.Of(Shape, weights.Parameters);
            int hidden = Shape.Hidden;
            int outputs = Shape.OutputChannels;
            float* to = Pointer(weights.Prepared, _layout.ForwardLength);
            FoldRows(parameters.LogScale1, parameters.Bias1, hidden, to + _layout.Scale1, to + _layout.Bias1);
            FoldRows(parameters.LogScale2, parameters.Bias2, hidden, to + _layout.Scale2, to + _layout.Bias2);
            float* scale3 = to + _layout.Scale3;
            FoldOutputs(parameters.LogScale3, parameters.Bias3, outputs, scale3, to + _layout.Bias3);
            for (int i = outputs; i < _layout.Taps; i++)
            {
                scale3[i] = scale3[i - outputs];
            }

            float* scale1 = Shape.InnerActNorm ? to + _layout.Scale1 : null;
            float* scale2 = Shape.InnerActNorm ? to + _layout.Scale2 : null;
            float* weight1 = Pointer(parameters.Weight1, (long)hidden * _layout.Patch);
            float* weight2 = Pointer(parameters.Weight2, (long)hidden * hidden);
            float* weight3 = Pointer(parameters.Weight3, (long)hidden * _layout.Taps);
            int patch = _layout.Patch;
            int taps = _layout.Taps;
            int padded = _layout.PaddedHidden;
            int rows3 = _layout.PaddedTaps;
            JobList<StripPacking> packings = default;
            void Add(StripPacking packing) => packings.Add(packing.Parts, packing);
            Add(new StripPacking(weight1, hidden, padded, patch, patch, 1, scale1, null, to + _layout.Forward1));
            Add(new StripPacking(weight2, hidden, padded, hidden, hidden, 1, scale2, null, to + _layout.Forward2));
            Add(new StripPacking(weight3, taps, rows3, hidden, 1, taps, scale3, null, to + _layout.Forward3));
            if (weights.Prepared.Length >= _layout.PreparedLength)
            {
                int rows1 = _layout.PaddedPatch;
                Add(new StripPacking(weight3, hidden, padded, taps, taps, 1, null, scale3, to + _layout.Backward3));
                Add(new StripPacking(weight2, hidden, padded, hidden, 1, hidden, null, scale2, to + _layout.Backward2));
                Add(new StripPacking(weight1, patch, rows1, hidden, 1, patch, null, scale1, to + _layout.Backward1));
            }

            _backend._team.Run(packings.Parts, packings);
            SumOverHidden(weight3, scale3, Shape, to + _layout.Outside);
        }

        public override long KeptLength(ImageShape image) => _layout.KeptLength(image);

        protected override long TapsLength(ImageShape image) => Planes.LengthFor(image, _layout.PaddedTaps);

        protected override long ScratchLength(ImageShape image, bool backward) =>
            new PixelNetworkWorkspace(_layout, image, _backend.Threads, backward).Length;

        protected override void RunToTaps(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView taps,
            BufferView kept,
            BufferView scratch)
        {
            PixelNetworkForwardJob job = ForwardJob(image, weights, x, kept, scratch);
            job.Taps = TapPlanes(_layout, image, taps);
            job.Run(_backend._team);
        }

        public override void AddTaps(
            ImageShape image, in NetworkWeights weights, BufferView taps, BufferView output)
        {
            ImageShape shape = image.WithChannels(Shape.OutputChannels);
            float* prepared = Pointer(weights.Prepared, _layout.ForwardLength);
            TapSum sum = new()
            {
                Taps = TapPlanes(_layout, image, taps),
                Image = shape,
                Channels = Shape.OutputChannels,
                Bias = prepared + _layout.Bias3,
                Outside = Shape.OutsideReadsOne ? prepared + _layout.Outside : null,
                Target = Pointer(output, shape.Length),
            };
            _backend.ForImages(image.Batch, ImageChunks.OfPixels(image.PixelsPerImage), sum);
        }

        public override void Statistics(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            int layer,
            BufferView mean,
            BufferView deviation,
            BufferView kept,
            BufferView workspace)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(layer, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(layer, 2);
            PixelNetworkForwardJob job = ForwardJob(image, weights, x, default, workspace);
            float* values = Pointer(kept, job.Layout.KeptLength(image));
            job.Kept1 = layer == 1 ? values : null;
            job.Kept2 = layer == 2 ? values : null;
            job.LinearLayer = layer;
            job.Run(_backend._team);
            PanelStatistics statistics = new(
                values,
                job.Layout.HiddenPanel,
                image.Pixels,
                Pointer(mean, Shape.Hidden),
                Pointer(deviation, Shape.Hidden));
            _backend._team.Run(Shape.Hidden, statistics);
        }

        public override void Backward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView kept,
            BufferView dOutput,
            BufferView dx,
            BufferView workspace)
        {
            PixelNetworkWorkspace work = new(_layout, image, _backend.Threads, true);
            float* at = Pointer(workspace, work.Length);
            float* h2 = Pointer(kept, _layout.KeptLength(image));
            Planes input = Planes.At(at + work.Input, image, Shape.InputChannels);
            Planes outputGradient = Planes.At(at + work.OutputGradient, image, Shape.OutputChannels);
            ImageShape outputShape = image.WithChannels(Shape.OutputChannels);
            Clear(at + work.Sums, work.SumsLength);
            JobList<PlanarCopy> copies = default;
            copies.Add(PlanarCopy.Parts(image), new PlanarCopy(Pointer(x, image.Length), image, input));
            copies.Add(
                PlanarCopy.Parts(image),
                new PlanarCopy(Pointer(dOutput, outputShape.Length), outputShape, outputGradient));
            _backend._team.Run(copies.Parts, copies);

            PixelNetworkBackwardJob hidden = new()
            {
                Layout = _layout,
                Work = work,
                Image = image,
                Prepared = Pointer(weights.Prepared, _layout.PreparedLength),
                Workspace = at,
                Kept1 = _layout.KeepsFirst ? h2 + _layout.HiddenLength(image) : null,
                Kept2 = h2,
                Input = input,
                OutputGradient = outputGradient,
                PatchGradient = Planes.At(at + work.PatchGradient, image, _layout.PaddedPatch),
            };
            for (int panel = 0; panel < work.Panels; panel += work.BlockPanels)
            {
                int panels = Math.Min(work.BlockPanels, work.Panels - panel);
                hidden.FirstPanel = panel;
                hidden.BlockPanels = panels;
                hidden.TilePanels = Math.Clamp(panels / _backend.Threads, 1, work.TilePanels);
                _backend._team.Run((panels + hidden.TilePanels - 1) / hidden.TilePanels, hidden);
                PixelNetworkGradientJob job = new(hidden);
                _backend._team.Run(job.Parts, job);
            }

            if (!dx.IsEmpty)
            {
                TapSum sum = new()
                {
                    Taps = hidden.PatchGradient,
                    Image = image,
                    Channels = Shape.InputChannels,
                    Adjoint = true,
                    Target = Pointer(dx, image.Length),
                };
                _backend.ForImages(image.Batch, ImageChunks.OfPixels(image.PixelsPerImage), sum);
            }

            UnfoldGradients(
                hidden,
                PixelNetworkParameters.Of(Shape, weights.Parameters),
                PixelNetworkParameters.Of(Shape, weights.Gradients));
        }

        public static Planes TapPlanes(in PixelNetworkLayout layout, ImageShape image, BufferView taps) =>
            Planes.At(Pointer(taps, Planes.LengthFor(image, layout.PaddedTaps)), image, layout.PaddedTaps);

        /// <summary>scale = e^ls or 1, folded = scale · b, both 0-padded to a multiple of 16.</summary>
        private static void FoldRows(BufferView logScale, BufferView bias, int count, float* scale, float* folded)
        {
            float* b = Pointer(bias, count);
            float* ls = logScale.IsEmpty ? null : Pointer(logScale, count);
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                Vector512<float> e =
                    ls is null ? Vector512<float>.One : SimdMath.Exp(Lanes.Load(ls + i, count - i));
                e.Store(scale + i);
                (e * Lanes.Load(b + i, count - i)).Store(folded + i);
            }
        }

        /// <summary>Σ over the hidden channels of W₃', or 0 if taps outside read 0.</summary>
        private static void SumOverHidden(float* weight3, float* scale3, PixelNetworkShape network, float* sums)
        {
            int taps = TapMasks.Taps * network.OutputChannels;
            for (int tap = 0; tap < taps; tap += SimdMath.Width)
            {
                Vector512<double> lower = Vector512<double>.Zero;
                Vector512<double> upper = Vector512<double>.Zero;
                for (int n = 0; n < network.Hidden && network.OutsideReadsOne; n++)
                {
                    (Vector512<double> low, Vector512<double> high) =
                        Vector512.Widen(Lanes.Load(weight3 + ((nint)n * taps) + tap, taps - tap));
                    lower += low;
                    upper += high;
                }

                Lanes.Store(
                    Vector512.Narrow(lower, upper) * Lanes.Load(scale3 + tap, taps - tap), sums + tap, taps - tap);
            }
        }

        private PixelNetworkForwardJob ForwardJob(
            ImageShape image, in NetworkWeights weights, BufferView x, BufferView kept, BufferView scratch)
        {
            PixelNetworkWorkspace work = new(_layout, image, _backend.Threads, false);
            float* at = Pointer(scratch, work.Length);
            Planes input = Planes.At(at + work.Input, image, Shape.InputChannels);
            _backend._team.Run(PlanarCopy.Parts(image), new PlanarCopy(Pointer(x, image.Length), image, input));
            float* h2 = kept.IsEmpty ? null : Pointer(kept, _layout.KeptLength(image));
            return new PixelNetworkForwardJob
            {
                Layout = _layout,
                Work = work,
                Image = image,
                Prepared = Pointer(weights.Prepared, _layout.ForwardLength),
                Scratch = at + work.Workers,
                Kept1 = h2 is null || !_layout.KeepsFirst ? null : h2 + _layout.HiddenLength(image),
                Kept2 = h2,
                Input = input,
            };
        }

        private void UnfoldGradients(
            in PixelNetworkBackwardJob hidden, in PixelNetworkParameters parameters, in PixelNetworkParameters gradients)
        {
            PixelNetworkWorkspace work = hidden.Work;
            float* at = hidden.Workspace;
            float* prepared = hidden.Prepared;
            GradientUnfolding first = new()
            {
                Transposed = at + work.Weight1,
                TransposedRows = _layout.PaddedPatch,
                Rows = Shape.Hidden,
                Depth = _layout.Patch,
                RowScale = prepared + _layout.Scale1,
                Weight = Pointer(parameters.Weight1, (long)Shape.Hidden * _layout.Patch),
                WeightGradient = Pointer(gradients.Weight1, (long)Shape.Hidden * _layout.Patch),
                FoldedBias = prepared + _layout.Bias1,
                FoldedBiasGradient = at + work.Bias1,
                BiasGradient = Pointer(gradients.Bias1, Shape.Hidden),
                LogScaleGradient = Shape.InnerActNorm ? Pointer(gradients.LogScale1, Shape.Hidden) : null,
                LogScaleFactor = 1,
            };
            GradientUnfolding second = first with
            {
                Transposed = at + work.Weight2,
                TransposedRows = _layout.PaddedHidden,
                Depth = Shape.Hidden,
                RowScale = prepared + _layout.Scale2,
                Weight = Pointer(parameters.Weight2, (long)Shape.Hidden * Shape.Hidden),
                WeightGradient = Pointer(gradients.Weight2, (long)Shape.Hidden * Shape.Hidden),
                FoldedBias = prepared + _layout.Bias2,
                FoldedBiasGradient = at + work.Bias2,
                BiasGradient = Pointer(gradients.Bias2, Shape.Hidden),
                LogScaleGradient = Shape.InnerActNorm ? Pointer(gradients.LogScale2, Shape.Hidden) : null,
            };
            OutputSumsJob outputs = PixelNetworkGradientJob.OutputSums(hidden);
            float* outside = at + work.OutsideGradient;
            for (int i = 0; i < _layout.Taps && Shape.OutsideReadsOne; i++)
            {
                outside[i] = (float)outputs.TotalOutside(i / Shape.OutputChannels, i % Shape.OutputChannels);
            }

            GradientUnfolding third = new()
            {
                Transposed = at + work.Weight3,
                TransposedRows = _layout.PaddedTaps,
                Rows = Shape.Hidden,
                Depth = _layout.Taps,
                ColumnScale = prepared + _layout.Scale3,
                ColumnTerm = Shape.OutsideReadsOne ? outside : null,
                Weight = Pointer(parameters.Weight3, (long)Shape.Hidden * _layout.Taps),
                WeightGradient = Pointer(gradients.Weight3, (long)Shape.Hidden * _layout.Taps),
                ColumnSums = at + work.ColumnSums,
            };
            JobList<GradientUnfolding> unfoldings = default;
            unfoldings.Add(second.Parts, second);
            unfoldings.Add(third.Parts, third);
            unfoldings.Add(first.Parts, first);
            _backend._team.Run(unfoldings.Parts, unfoldings);
            float* biasGradient = Pointer(gradients.Bias3, Shape.OutputChannels);
            float* logScaleGradient = Pointer(gradients.LogScale3, Shape.OutputChannels);
            int columns = PixelMajor.PaddedChannels(_layout.Taps);
            for (int o = 0; o < Shape.OutputChannels; o++)
            {
                double total = outputs.Total(o);
                double product = prepared[_layout.Bias3 + o] * total;
                for (int part = 0; part < third.Parts; part++)
                {
                    for (int tap = 0; tap < TapMasks.Taps; tap++)
                    {
                        product += third.ColumnSums[((nint)part * columns) + (tap * Shape.OutputChannels) + o];
                    }
                }

                biasGradient[o] += (float)(prepared[_layout.Scale3 + o] * total);
                logScaleGradient[o] += (float)(3 * product);
            }
        }

        protected override IPixelStage CreateStage(CouplingKind kind) => new PixelStage(_backend, Shape, kind);
    }
}
