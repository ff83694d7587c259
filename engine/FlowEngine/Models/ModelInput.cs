using FlowEngine.Architecture;
using FlowEngine.Kernels;

namespace FlowEngine.Models;

/// <summary>What a caller hands to a model: checks, and conditions on their way to a plan.</summary>
internal static class ModelInput
{
    extension(Model model)
    {
        /// <summary>The grey levels of the data.</summary>
        /// <exception cref="FlowException">The data are continuous.</exception>
        public int Bins => model.Config.Options.Bins
            ?? throw new FlowException(
                FlowErrorKind.InvalidArgument, "the model is of continuous data: it has no grey levels");

        /// <summary>How many images so many values are.</summary>
        /// <exception cref="FlowException">Not a whole number.</exception>
        public long CountOf(long length)
        {
            Flow flow = model.Flow;
            return length % flow.Dims == 0
                ? length / flow.Dims
                : throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"{length} values were given, expected a multiple of {flow.Height}x{flow.Width}x{flow.Channels} = {flow.Dims}");
        }

        /// <summary>Checks that the model has been initialized on data.</summary>
        /// <exception cref="FlowException">It has not.</exception>
        public void RequireInitialized()
        {
            if (!model.Config.IsInitialized)
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    "the model is not initialized on data: train it, or load trained weights");
            }
        }

        /// <summary>Checks that grey levels are below the model's bins.</summary>
        /// <param name="levels">(B, H, W, C).</param>
        /// <param name="firstIndex">What the error counts images from.</param>
        /// <exception cref="FlowException">A level is not: the error says where.</exception>
        public void RequireLevels(ReadOnlySpan<byte> levels, long firstIndex)
        {
            int bins = model.Bins;
            if (bins < 256 && levels.IndexOfAnyInRange((byte)bins, byte.MaxValue) is int bad and >= 0)
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"image {firstIndex + (bad / model.Flow.Dims)} has the level {levels[bad]}, expected 0 to {bins - 1}");
            }
        }

        /// <summary>Checks that noise can be scaled by temperatures.</summary>
        /// <exception cref="FlowException">One is negative or no number, or they are neither one nor one a level.</exception>
        public void RequireTemperatures(ReadOnlySpan<double> temperatures)
        {
            int levels = model.Flow.Levels.Count;
            if (temperatures.Length != 1 && temperatures.Length != levels)
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"{temperatures.Length} temperatures were given, expected one, or one for each of {levels} levels");
            }

            foreach (double temperature in temperatures)
            {
                if (!(temperature >= 0 && double.IsFinite(temperature)))
                {
                    throw new FlowException(
                        FlowErrorKind.InvalidArgument, $"the temperature is {temperature}, expected 0 or more");
                }
            }
        }

        /// <summary>The classes that the model is conditional on.</summary>
        /// <exception cref="FlowException">It is not conditional on classes.</exception>
        public ConditionOptions RequireClasses() => model.Config.Options.Condition is { IsClass: true } classes
            ? classes
            : throw new FlowException(FlowErrorKind.InvalidArgument, "the model is not conditional on classes");

        /// <summary>Checks that a condition is one of so many data, or one for all of them.</summary>
        /// <exception cref="FlowException">It is missing, of another length, or the model has none.</exception>
        public void RequireCondition(long length, long count)
        {
            ConditionOptions? options = model.Config.Options.Condition;
            int expected = options?.Length ?? 0;
            if (length != expected && length != expected * count)
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    options is null
                        ? $"a condition of {length} numbers was given, and the model has none"
                        : length == 0
                            ? $"the model is conditional on {options.What}: "
                                + $"expected {(options.IsClass ? "labels" : "their values")}"
                            : $"a condition of {length} numbers was given, expected {options.Length} for each of {count} data");
            }
        }

        /// <summary>Writes the conditions of some data.</summary>
        /// <param name="condition">(count, N) of all data, or (N).</param>
        /// <param name="first">The first of them.</param>
        /// <param name="batch">How many.</param>
        /// <param name="target">(batch, N).</param>
        public void WriteCondition(ReadOnlySpan<float> condition, long first, int batch, BufferView target)
        {
            if (target.Length > 0)
            {
                model.Backend.Write(model.ConditionRows(condition, first, batch), target);
            }
        }

        /// <summary>The conditions of some data, a row for each.</summary>
        /// <param name="condition">(count, N) of all data, or (N).</param>
        /// <param name="first">The first of them.</param>
        /// <param name="batch">How many.</param>
        public ReadOnlySpan<float> ConditionRows(ReadOnlySpan<float> condition, long first, int batch)
        {
            int length = model.Flow.ConditionLength;
            if (condition.Length != length)
            {
                return condition.Slice(checked((int)(first * length)), batch * length);
            }

            float[] rows = new float[batch * length];
            for (int i = 0; i < batch; i++)
            {
                condition.CopyTo(rows.AsSpan(i * length));
            }

            return rows;
        }
    }
}
