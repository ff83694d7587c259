using FlowEngine.Data;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>Interrupts a run on the digits once it has seen so many samples.</summary>
internal sealed class InterruptedRun : ITrainingObserver, IDisposable
{
    private readonly long _samples;
    private readonly CancellationTokenSource _stop = new();

    internal InterruptedRun(long samples) => _samples = samples;

    internal static void Resume(RunFolder folder, long samples)
    {
        RunConfig config = folder.ReadConfig();
        using CpuBackend backend = new(1);
        using Model model = Model.Load(folder.CheckpointFile, backend);
        (ImageDataset train, ImageDataset test) = DatasetLoader.Load("digits");
        RunData data = new(config.Model.Images.Apply(train), config.Model.Images.Apply(test));
        using Trainer trainer = new(model, data.Train, config.Training);
        using InterruptedRun observer = new(samples);
        TrainingRun run = new(folder, config, trainer, data, observer);
        run.Resume();
        Assert.Equal(RunOutcome.Stopped, run.Run(observer._stop.Token));
    }

    public void Dispose() => _stop.Dispose();

    public void Stepped(in TrainingProgress progress)
    {
        if (progress.Step.Samples >= _samples)
        {
            _stop.Cancel();
        }
    }

    public void Recorded(RunMetrics metrics)
    {
    }

    public void Noted(string message)
    {
    }

    public void Warned(string message)
    {
    }
}
