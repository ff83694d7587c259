using FlowEngine.Kernels;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>All that a training run needs, ready to go.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Config">Its configuration.</param>
/// <param name="Backend">Where it runs.</param>
/// <param name="Trainer">The trainer.</param>
/// <param name="Data">What it trains and is judged on.</param>
/// <param name="Notes">What a user should know of the data, one line each.</param>
/// <param name="IsResumed">True if it goes on with an earlier run.</param>
internal sealed record TrainingSession(
    RunFolder Folder,
    RunConfig Config,
    IBackend Backend,
    Trainer Trainer,
    RunData Data,
    IReadOnlyList<string> Notes,
    bool IsResumed)
    : IDisposable
{
    public void Dispose()
    {
        Model model = Trainer.Model;
        Trainer.Dispose();
        model.Dispose();
        Backend.Dispose();
    }
}
