using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;

namespace FlowEngine.Training;

/// <summary>What a report shows of a run beside what is in its folder.</summary>
/// <param name="SamplesPerEpoch">Samples of a pass over the training data.</param>
internal sealed record RunExhibits(long SamplesPerEpoch)
{
    // A shorter run is not worth the second that measuring takes.
    private const double LeastSeconds = 20;

    /// <summary>Training images, laid out as the samples are; null of other data.</summary>
    public Image? RealImages { get; init; }

    /// <summary>Rows of the data and of the model; null of other data, and before the end.</summary>
    public (TableDataset Data, TableDataset Samples)? Rows { get; init; }

    /// <summary>What the run decided by its speed.</summary>
    public string? Plan { get; init; }

    /// <summary>Arithmetic of the updates by what this machine's multiply-adders give; null where that is not known.</summary>
    public double? ShareOfPeak { get; init; }

    /// <summary>What a run shows from its beginning.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="data">Its data.</param>
    public static RunExhibits Of(Trainer trainer, RunData data) =>
        new((long)trainer.UpdatesPerEpoch * trainer.Options.Batch) { RealImages = data.DrawReal(trainer.Model.Config) };

    /// <summary>And at its end.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="data">Its data.</param>
    /// <param name="model">The model for use.</param>
    /// <param name="seconds">Time spent in updates.</param>
    public RunExhibits AtTheEnd(Trainer trainer, RunData data, Model model, double seconds) => this with
    {
        Rows = data.DrawRows(model),
        ShareOfPeak = model.Backend is CpuBackend cpu && seconds >= LeastSeconds
            ? model.Flow.ForwardFlops * (trainer.Memory == MemoryMode.Store ? 3 : 4) * trainer.Samples / seconds
                / (1e9 * CpuPeak.MeasureGflops(cpu.Threads))
            : null,
    };
}
