using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Training;

/// <summary>Initializes the layers of a model one after the other, each by what the layers before it make of a first batch.</summary>
internal static class DataDependentStart
{
    /// <summary>Initializes a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="loader">Loads the batch.</param>
    /// <param name="count">Its samples.</param>
    /// <param name="update">The update whose batch it is.</param>
    /// <param name="rate">The learning rate there, which is sent along.</param>
    public static void Run(Model model, BatchLoader loader, int count, long update, double rate)
    {
        IBackend backend = model.Backend;
        using StepInput input = backend.CreateStepInput(count, model.Flow.Dims, model.Flow.ConditionLength);
        using LayerWalk walk = new(model.Flow, model.Context, count);
        loader.LoadAsSeen(update, input, rate, walk.Input);
        if (walk.Condition.Length > 0)
        {
            backend.Copy(input.SentConditions, walk.Condition);
        }

        walk.Run(initialize: true, visit: null);
    }
}
