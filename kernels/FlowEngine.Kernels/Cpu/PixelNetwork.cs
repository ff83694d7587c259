using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>
/// Lanes are pixels. Activations are panels, [panel][channel][32 pixels], over the linear index of all pixels of the
/// batch; a tile of up to four panels goes through all products while its activations are in the cache. Tap values are
/// planes, (9·O) rows of pixels, so that the shifts are unaligned loads. Kept are h₂, and
/// h₁ where computing it again would take longer than its way to memory and back.
/// </remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.PixelNetworkPreparedLength"/>
    public long PixelNetworkPreparedLength(PixelNetworkShape network, bool backward)
    {
        PixelNetworkLayout layout = new(network);
        return backward ? layout.PreparedLength : layout.ForwardLength;
    }

    /// <inheritdoc cref="IBackend.PixelNetworkPrepare"/>
    public void PixelNetworkPrepare(
        PixelNetworkShape network, in PixelNetworkParameters parameters, BufferView prepared)
    {
        PixelNetworkLayout layout = new(network);
        int hidden = network.Hidden;
        int outputs = network.OutputChannels;
        float* to = Pointer(prepared, layout.ForwardLength);
        FoldRows(parameters.LogScale1, parameters.Bias1, hidden, to + layout.Scale1, to + layout.Bias1);
        FoldRows(parameters.LogScale2, parameters.Bias2, hidden, to + layout.Scale2, to + layout.Bias2);
        float* scale3 = to + layout.Scale3;
        FoldOutputs(parameters.LogScale3, parameters.Bias3, outputs, scale3, to + layout.Bias3);
        for (int i = outputs; i < layout.Taps; i++)
        {
            scale3[i] = scale3[i - outputs];
        }

        float* scale1 = network.InnerActNorm ? to + layout.Scale1 : null;
        float* scale2 = network.InnerActNorm ? to + layout.Scale2 : null;
        float* weight1 = Pointer(parameters.Weight1, (long)hidden * layout.Patch);
        float* weight2 = Pointer(parameters.Weight2, (long)hidden * hidden);
        float* weight3 = Pointer(parameters.Weight3, (long)hidden * layout.Taps);
        int patch = layout.Patch;
        int taps = layout.Taps;
        int padded = layout.PaddedHidden;
        Pack(new StripPacking(weight1, hidden, padded, patch, patch, 1, scale1, null, to + layout.Forward1));
        Pack(new StripPacking(weight2, hidden, padded, hidden, hidden, 1, scale2, null, to + layout.Forward2));
        int rows3 = layout.PaddedTaps;
        Pack(new StripPacking(weight3, taps, rows3, hidden, 1, taps, scale3, null, to + layout.Forward3));
        SumOverHidden(weight3, scale3, network, to + layout.Outside);
        if (prepared.Length < layout.PreparedLength)
        {
            return;
        }

        Pack(new StripPacking(weight3, hidden, padded, taps, taps, 1, null, scale3, to + layout.Backward3));
        Pack(new StripPacking(weight2, hidden, padded, hidden, 1, hidden, null, scale2, to + layout.Backward2));
        padded = layout.PaddedPatch;
        Pack(new StripPacking(weight1, patch, padded, hidden, 1, patch, null, scale1, to + layout.Backward1));
    }

    /// <inheritdoc cref="IBackend.PixelNetworkKeptLength"/>
    public long PixelNetworkKeptLength(PixelNetworkShape network, ImageShape image) =>
        new PixelNetworkLayout(network).KeptLength(image);

    /// <inheritdoc cref="IBackend.PixelNetworkTapsLength"/>
    public long PixelNetworkTapsLength(PixelNetworkShape network, ImageShape image) =>
        Planes.LengthFor(image, new PixelNetworkLayout(network).PaddedTaps);

    /// <inheritdoc cref="IBackend.PixelNetworkWorkspaceLength"/>
    public long PixelNetworkWorkspaceLength(PixelNetworkShape network, ImageShape image, bool backward) =>
        new PixelNetworkWorkspace(new PixelNetworkLayout(network), image, Threads, backward).Length;

    /// <inheritdoc cref="IBackend.PixelNetworkForward"/>
    public void PixelNetworkForward(
        PixelNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView taps,
        BufferView kept,
        BufferView workspace)
    {
        PixelNetworkForwardJob job = ForwardJob(network, image, prepared, x, kept, workspace);
        job.Taps = PixelNetworkTaps(job.Layout, image, taps);
        job.Run(_team);
    }

    /// <inheritdoc cref="IBackend.PixelNetworkTapAdd"/>
    public void PixelNetworkTapAdd(
        PixelNetworkShape network, ImageShape image, BufferView prepared, BufferView taps, BufferView output)
    {
        PixelNetworkLayout layout = new(network);
        ImageShape shape = image.WithChannels(network.OutputChannels);
        float* weights = Pointer(prepared, layout.ForwardLength);
        TapSum sum = new()
        {
            Taps = PixelNetworkTaps(layout, image, taps),
            Image = shape,
            Channels = network.OutputChannels,
            Bias = weights + layout.Bias3,
            Outside = network.OutsideReadsOne ? weights + layout.Outside : null,
            Target = Pointer(output, shape.Length),
        };
        ForImages(image.Batch, ImageChunks.OfPixels(image.PixelsPerImage), sum);
    }

    /// <inheritdoc cref="IBackend.PixelNetworkStatistics"/>
    public void PixelNetworkStatistics(
        PixelNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        int layer,
        BufferView mean,
        BufferView deviation,
        BufferView kept,
        BufferView workspace)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(layer, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(layer, 2);
        PixelNetworkForwardJob job = ForwardJob(network, image, prepared, x, default, workspace);
        float* values = Pointer(kept, job.Layout.KeptLength(image));
        job.Kept1 = layer == 1 ? values : null;
        job.Kept2 = layer == 2 ? values : null;
        job.LinearLayer = layer;
        job.Run(_team);
        PanelStatistics statistics = new(
            values,
            job.Layout.HiddenPanel,
            image.Pixels,
            Pointer(mean, network.Hidden),
            Pointer(deviation, network.Hidden));
        _team.Run(network.Hidden, statistics);
    }

    /// <inheritdoc cref="IBackend.PixelNetworkBackward"/>
    public void PixelNetworkBackward(
        PixelNetworkShape network,
        ImageShape image,
        in PixelNetworkParameters parameters,
        BufferView prepared,
        BufferView x,
        BufferView kept,
        BufferView dOutput,
        BufferView dx,
        in PixelNetworkParameters gradients,
        BufferView workspace)
    {
        PixelNetworkLayout layout = new(network);
        PixelNetworkWorkspace work = new(layout, image, Threads, true);
        float* at = Pointer(workspace, work.Length);
        float* h2 = Pointer(kept, layout.KeptLength(image));
        Planes input = Planes.At(at + work.Input, image, network.InputChannels);
        Planes outputGradient = Planes.At(at + work.OutputGradient, image, network.OutputChannels);
        ImageShape outputShape = image.WithChannels(network.OutputChannels);
        Clear(at + work.Sums, work.SumsLength);
        _team.Run(PlanarCopy.Parts(image), new PlanarCopy(Pointer(x, image.Length), image, input));
        _team.Run(
            PlanarCopy.Parts(image),
            new PlanarCopy(Pointer(dOutput, outputShape.Length), outputShape, outputGradient));

        PixelNetworkBackwardJob hidden = new()
        {
            Layout = layout,
            Work = work,
            Image = image,
            Prepared = Pointer(prepared, layout.PreparedLength),
            Workspace = at,
            Kept1 = layout.KeepsFirst ? h2 + layout.HiddenLength(image) : null,
            Kept2 = h2,
            Input = input,
            OutputGradient = outputGradient,
            PatchGradient = Planes.At(at + work.PatchGradient, image, layout.PaddedPatch),
        };
        for (int panel = 0; panel < work.Panels; panel += work.BlockPanels)
        {
            int panels = Math.Min(work.BlockPanels, work.Panels - panel);
            hidden.FirstPanel = panel;
            hidden.BlockPanels = panels;
            hidden.TilePanels = Math.Clamp(panels / Threads, 1, work.TilePanels);
            _team.Run((panels + hidden.TilePanels - 1) / hidden.TilePanels, hidden);
            PixelNetworkGradientJob weights = new(hidden);
            _team.Run(weights.Parts, weights);
        }

        TapSum sum = new()
        {
            Taps = hidden.PatchGradient,
            Image = image,
            Channels = network.InputChannels,
            Adjoint = true,
            Target = Pointer(dx, image.Length),
        };
        ForImages(image.Batch, ImageChunks.OfPixels(image.PixelsPerImage), sum);
        UnfoldGradients(hidden, parameters, gradients);
    }

    private static Planes PixelNetworkTaps(in PixelNetworkLayout layout, ImageShape image, BufferView taps) =>
        Planes.At(Pointer(taps, Planes.LengthFor(image, layout.PaddedTaps)), image, layout.PaddedTaps);

    private static void Clear(float* block, long length)
    {
        for (long i = 0; i < length; i += int.MaxValue)
        {
            new Span<float>(block + i, (int)Math.Min(int.MaxValue, length - i)).Clear();
        }
    }

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

    /// <summary>scale = e^(3 ls), folded = scale · b.</summary>
    private static void FoldOutputs(BufferView logScale, BufferView bias, int count, float* scale, float* folded)
    {
        float* b = Pointer(bias, count);
        float* ls = Pointer(logScale, count);
        for (int i = 0; i < count; i += SimdMath.Width)
        {
            Vector512<float> e = SimdMath.Exp(Lanes.Load(ls + i, count - i) * Vector512.Create(3f));
            Lanes.Store(e, scale + i, count - i);
            Lanes.Store(e * Lanes.Load(b + i, count - i), folded + i, count - i);
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

    private void Pack(StripPacking packing) => _team.Run(packing.Parts, packing);

    private PixelNetworkForwardJob ForwardJob(
        PixelNetworkShape network,
        ImageShape image,
        BufferView prepared,
        BufferView x,
        BufferView kept,
        BufferView workspace)
    {
        PixelNetworkLayout layout = new(network);
        PixelNetworkWorkspace work = new(layout, image, Threads, false);
        float* at = Pointer(workspace, work.Length);
        Planes input = Planes.At(at + work.Input, image, network.InputChannels);
        _team.Run(PlanarCopy.Parts(image), new PlanarCopy(Pointer(x, image.Length), image, input));
        float* h2 = kept.IsEmpty ? null : Pointer(kept, layout.KeptLength(image));
        return new PixelNetworkForwardJob
        {
            Layout = layout,
            Work = work,
            Image = image,
            Prepared = Pointer(prepared, layout.ForwardLength),
            Scratch = at + work.Workers,
            Kept1 = h2 is null || !layout.KeepsFirst ? null : h2 + layout.HiddenLength(image),
            Kept2 = h2,
            Input = input,
        };
    }

    private void UnfoldGradients(
        in PixelNetworkBackwardJob hidden, in PixelNetworkParameters parameters, in PixelNetworkParameters gradients)
    {
        PixelNetworkLayout layout = hidden.Layout;
        PixelNetworkWorkspace work = hidden.Work;
        PixelNetworkShape network = layout.Shape;
        float* at = hidden.Workspace;
        float* prepared = hidden.Prepared;
        GradientUnfolding first = new()
        {
            Transposed = at + work.Weight1,
            TransposedRows = layout.PaddedPatch,
            Rows = network.Hidden,
            Depth = layout.Patch,
            RowScale = prepared + layout.Scale1,
            Weight = Pointer(parameters.Weight1, (long)network.Hidden * layout.Patch),
            WeightGradient = Pointer(gradients.Weight1, (long)network.Hidden * layout.Patch),
            FoldedBias = prepared + layout.Bias1,
            FoldedBiasGradient = at + work.Bias1,
            BiasGradient = Pointer(gradients.Bias1, network.Hidden),
            LogScaleGradient = network.InnerActNorm ? Pointer(gradients.LogScale1, network.Hidden) : null,
            LogScaleFactor = 1,
        };
        _team.Run(first.Parts, first);
        GradientUnfolding second = first with
        {
            Transposed = at + work.Weight2,
            TransposedRows = layout.PaddedHidden,
            Depth = network.Hidden,
            RowScale = prepared + layout.Scale2,
            Weight = Pointer(parameters.Weight2, (long)network.Hidden * network.Hidden),
            WeightGradient = Pointer(gradients.Weight2, (long)network.Hidden * network.Hidden),
            FoldedBias = prepared + layout.Bias2,
            FoldedBiasGradient = at + work.Bias2,
            BiasGradient = Pointer(gradients.Bias2, network.Hidden),
            LogScaleGradient = network.InnerActNorm ? Pointer(gradients.LogScale2, network.Hidden) : null,
        };
        _team.Run(second.Parts, second);

        OutputSumsJob outputs = PixelNetworkGradientJob.OutputSums(hidden);
        float* outside = at + work.OutsideGradient;
        for (int i = 0; i < layout.Taps && network.OutsideReadsOne; i++)
        {
            outside[i] = (float)outputs.TotalOutside(i / network.OutputChannels, i % network.OutputChannels);
        }

        GradientUnfolding third = new()
        {
            Transposed = at + work.Weight3,
            TransposedRows = layout.PaddedTaps,
            Rows = network.Hidden,
            Depth = layout.Taps,
            ColumnScale = prepared + layout.Scale3,
            ColumnTerm = network.OutsideReadsOne ? outside : null,
            Weight = Pointer(parameters.Weight3, (long)network.Hidden * layout.Taps),
            WeightGradient = Pointer(gradients.Weight3, (long)network.Hidden * layout.Taps),
            ColumnSums = at + work.ColumnSums,
        };
        _team.Run(third.Parts, third);
        float* biasGradient = Pointer(gradients.Bias3, network.OutputChannels);
        float* logScaleGradient = Pointer(gradients.LogScale3, network.OutputChannels);
        int columns = PixelMajor.PaddedChannels(layout.Taps);
        for (int o = 0; o < network.OutputChannels; o++)
        {
            double total = outputs.Total(o);
            double product = prepared[layout.Bias3 + o] * total;
            for (int part = 0; part < third.Parts; part++)
            {
                for (int tap = 0; tap < TapMasks.Taps; tap++)
                {
                    product += third.ColumnSums[((nint)part * columns) + (tap * network.OutputChannels) + o];
                }
            }

            biasGradient[o] += (float)(prepared[layout.Scale3 + o] * total);
            logScaleGradient[o] += (float)(3 * product);
        }
    }
}
