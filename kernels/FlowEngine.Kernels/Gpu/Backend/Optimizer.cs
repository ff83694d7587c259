using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

public sealed partial class GpuBackend
{
    /// <inheritdoc/>
    public void SumOfSquares(BufferView source, BufferView result)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int count = Math.Max(1, Parts(source.Length, SumKernels.PartLength));
        GpuView<double> parts = _wideScratch.OfLength(count);
        SumKernels.SquaresOfParts(
            _stream, new LaunchGrid(count), View(source, source.Length), parts, source.Length);
        SumKernels.TotalOfParts(_stream, new LaunchGrid(1), parts, View(result, 1), count);
    }

    /// <inheritdoc/>
    public void OptimizerStep(
        in OptimizerSettings settings,
        BufferView sumOfSquares,
        BufferView parameters,
        BufferView gradients,
        BufferView moment1,
        BufferView moment2,
        BufferView average)
    {
        using Lock.Scope queue = _queue.EnterScope();
        long length = parameters.Length;
        OptimizerKernels.Step(
            _stream,
            Cover(length, OptimizerKernels.StepKernel),
            View(sumOfSquares, 1),
            View(parameters, length),
            View(gradients, length),
            View(moment1, length),
            View(moment2, length),
            ViewOrNothing(average, length),
            StepSettings(settings, !average.IsEmpty),
            length);
    }

    private static OptimizerKernels.Settings StepSettings(in OptimizerSettings settings, bool hasAverage) => new(
        settings.Kind switch
        {
            OptimizerKind.Adam => OptimizerKernels.Adam,
            OptimizerKind.AdamW => OptimizerKernels.AdamW,
            OptimizerKind.Adamax => OptimizerKernels.Adamax,
            _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Kind, "no such rule"),
        },
        (float)settings.Rate,
        (float)settings.Beta1,
        (float)settings.Beta2,
        (float)settings.Epsilon,
        (float)settings.WeightDecay,
        (float)settings.Clip,
        (float)(1 / (1 - Math.Pow(settings.Beta1, settings.Step))),
        (float)(1 / (1 - Math.Pow(settings.Beta2, settings.Step))),
        (float)Math.Min(settings.EmaDecay, (1.0 + settings.Step) / (10.0 + settings.Step)),
        hasAverage ? 1 : 0);
}
