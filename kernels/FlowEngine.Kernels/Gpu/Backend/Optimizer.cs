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
    public void Add(BufferView addend, BufferView sum)
    {
        // Two float32 numbers added in float64 and rounded give the bits of their float32 sum.
        using Lock.Scope queue = _queue.EnterScope();
        AddParts(View(addend, sum.Length), View(sum, sum.Length), parts: 1, accumulate: true);
    }

    /// <inheritdoc/>
    public void OptimizerStep(
        in OptimizerSettings settings,
        BufferView rate,
        BufferView logPrior,
        BufferView logDet,
        in OptimizerProgress progress,
        BufferView parameters,
        BufferView gradients,
        BufferView moment1,
        BufferView moment2,
        BufferView average)
    {
        using Lock.Scope queue = _queue.EnterScope();
        int batch = checked((int)logDet.Length);
        long length = parameters.Length;
        GpuView<float> state = View(progress.Storage, OptimizerProgress.LengthFor(progress.Capacity));
        OptimizerKernels.Begin(
            _stream,
            new LaunchGrid(1),
            View(logPrior, batch),
            View(logDet, batch),
            View(rate, 1),
            state,
            new OptimizerKernels.Limits(settings.Beta1, settings.Beta2, settings.EmaDecay, settings.Clip),
            batch,
            progress.Capacity);
        OptimizerKernels.Step(
            _stream,
            Cover(length, OptimizerKernels.StepKernel),
            state.Slice(OptimizerProgress.FactorsPlace, OptimizerProgress.FactorsLength),
            View(parameters, length),
            View(gradients, length),
            View(moment1, length),
            View(moment2, length),
            ViewOrNothing(average, length),
            new OptimizerKernels.Settings(
                Rule(settings.Kind),
                (float)settings.Beta1,
                (float)settings.Beta2,
                (float)settings.Epsilon,
                (float)settings.WeightDecay,
                average.IsEmpty ? 0 : 1),
            length);
    }

    private static int Rule(OptimizerKind kind) => kind switch
    {
        OptimizerKind.Adam => OptimizerKernels.Adam,
        OptimizerKind.AdamW => OptimizerKernels.AdamW,
        OptimizerKind.Adamax => OptimizerKernels.Adamax,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such rule"),
    };
}
