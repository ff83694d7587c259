using FlowEngine.Execution;

namespace FlowEngine.Models;

/// <summary>What a model takes and loses: memory of its passes, and round trips of its layers.</summary>
public static class ModelReports
{
    /// <param name="model">The model.</param>
    extension(Model model)
    {
        /// <summary>What each layer loses in a round trip on a batch, and how near it is to losing more.</summary>
        /// <param name="images">(B, H, W, C), scaled to [-0.5, 0.5).</param>
        /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
        /// <returns>One entry per layer, in the order of the forward pass.</returns>
        /// <exception cref="FlowException">The length is not a whole number of images, or the model is not initialized.</exception>
        public IReadOnlyList<LayerInvertibility> CheckInvertibility(
            ReadOnlySpan<float> images, ReadOnlySpan<float> condition = default)
        {
            int count = (int)model.CountOf(images.Length);
            model.RequireCondition(condition.Length, count);
            model.RequireInitialized();
            model.Lease.EnterReadLock();
            try
            {
                return InvertibilityReport.Run(
                    model.Flow, model.Context, images, model.ConditionRows(condition, 0, count), count);
            }
            finally
            {
                model.Lease.ExitReadLock();
            }
        }

        /// <summary>The memory of one call for log densities, or of one training step.</summary>
        /// <param name="batch">Images at once.</param>
        /// <param name="training">The memory mode of training; null for inference.</param>
        /// <returns>Bytes by name, largest first.</returns>
        /// <exception cref="FlowException">The batch is not in 1 to 2^31 - 1 values.</exception>
        public IReadOnlyList<(string Name, long Bytes)> PlanMemory(int batch, MemoryMode? training) =>
            MemoryPlanner.Describe(model.Lowered, model.Context, batch, training);

        /// <summary>The largest batch whose plan fits so much memory; 0 if not even one image does.</summary>
        /// <param name="training">The memory mode of training; null for inference.</param>
        /// <param name="bytes">The memory.</param>
        public int LargestBatch(MemoryMode? training, long bytes) => MemoryPlanner.LargestBatch(
            batch => model.PlanMemory(batch, training).Sum(part => part.Bytes), bytes, model.Flow.LargestBatch);
    }
}
