using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Layers;

namespace FlowEngine.Execution;

/// <summary>Runs each layer forward and back on a batch.</summary>
internal static class InvertibilityReport
{
    public static IReadOnlyList<LayerInvertibility> Run(
        Flow flow, in LayerContext context, ReadOnlySpan<float> images, ReadOnlySpan<float> condition, int batch)
    {
        IBackend backend = context.Backend;
        List<LayerInvertibility> report = [];
        using LayerWalk walk = new(flow, context, batch);
        using DeviceBuffer scratch = backend.Allocate(flow.InputShape(batch).Length);
        backend.Write(images, walk.Input);
        backend.Write(condition, walk.Condition);
        walk.Run(initialize: false, (IFlowLayer layer, in LayerContext current, ImageShape input, BufferView x, BufferView y) =>
        {
            double? scale = SmallestScale(layer, current, input, x);
            BufferView back = scratch.View.Slice(0, input.Length);
            layer.Inverse(current, input, y, back);
            report.Add(new LayerInvertibility(
                layer.Name, LargestDifference(backend, x, back), ConditionNumber(layer, current), scale));
            return true;
        });
        return report;
    }

    private static double LargestDifference(IBackend backend, BufferView a, BufferView b)
    {
        double[] first = Read(backend, a);
        double[] second = Read(backend, b);
        return first.Zip(second, (x, y) => Math.Abs(x - y)).Max();
    }

    private static double? ConditionNumber(IFlowLayer layer, in LayerContext context)
    {
        if (layer is not PixelAffineLayer affine)
        {
            return null;
        }

        PixelAffineMap map = new(affine.Channels, context.Prepared);
        return Norm(Read(context.Backend, map.Matrix)) * Norm(Read(context.Backend, map.InverseMatrix));

        double Norm(double[] matrix) =>
            Enumerable.Range(0, affine.Channels).Max(column =>
                Enumerable.Range(0, affine.Channels).Sum(row => Math.Abs(matrix[(row * affine.Channels) + column])));
    }

    private static double? SmallestScale(IFlowLayer layer, in LayerContext context, ImageShape input, BufferView x)
    {
        if (layer is not AffineCoupling coupling)
        {
            return null;
        }

        double[] output = Read(context.Backend, coupling.NetworkOutput(context, input, x));
        int channels = coupling.Network.OutputChannels;
        double smallestRaw = output.Where((_, i) => i % channels < channels / 2).Min();
        return 1 / (1 + Math.Exp(-(smallestRaw + 2)));
    }

    private static double[] Read(IBackend backend, BufferView view)
    {
        double[] values = new double[view.Length];
        backend.Read(view, values);
        return values;
    }
}
