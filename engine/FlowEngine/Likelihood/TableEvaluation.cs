using FlowEngine.Data;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Likelihood;

/// <summary>How likely a model makes the rows of a table.</summary>
/// <param name="Nats">Mean log density of a row in the units of the table, nats.</param>
/// <param name="NatsStandardError">Its standard error over rows.</param>
/// <param name="Rows">Rows.</param>
public sealed record TableEvaluation(double Nats, double NatsStandardError, int Rows)
{
    /// <summary>Evaluates a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">Rows of its columns, scaled.</param>
    /// <param name="cancel">Stops between batches.</param>
    /// <exception cref="FlowException">The data do not fit the model, or there are none.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was set.</exception>
    public static TableEvaluation Run(Model model, ScaledTable data, CancellationToken cancel = default)
    {
        double[] nats = LogProb(model, data, cancel);
        if (nats.Length == 0)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"{data.Name} has no rows to evaluate");
        }

        return Of(nats);
    }

    /// <summary>The evaluation that log densities of rows make.</summary>
    /// <param name="nats">Of each row in the units of the table; at least one.</param>
    public static TableEvaluation Of(double[] nats)
    {
        double mean = nats.Average();
        double variance = nats.Sum(n => (n - mean) * (n - mean)) / Math.Max(1, nats.Length - 1);
        return new TableEvaluation(mean, Math.Sqrt(variance / nats.Length), nats.Length);
    }

    /// <summary>Log densities of rows in the units of their table, in nats.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">Rows of its columns, scaled.</param>
    /// <param name="cancel">Stops between batches.</param>
    /// <returns>One a row.</returns>
    /// <exception cref="FlowException">The data do not fit the model.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was set.</exception>
    public static double[] LogProb(Model model, ScaledTable data, CancellationToken cancel = default)
    {
        data.RequireFits(model.Config.Options);
        float[] conditions = Conditions.Of(model.Config.Options, data);
        int length = model.Flow.ConditionLength;
        double[] logProb = new double[data.Count];
        for (int first = 0; first < data.Count; first += model.BatchSize)
        {
            cancel.ThrowIfCancellationRequested();
            int count = Math.Min(model.BatchSize, data.Count - first);
            model.LogProb(data.Rows(first, count), conditions.AsSpan(first * length, count * length))
                .CopyTo(logProb, first);
        }

        for (int i = 0; i < logProb.Length; i++)
        {
            logProb[i] += data.LogDet[i];
        }

        return logProb;
    }
}
