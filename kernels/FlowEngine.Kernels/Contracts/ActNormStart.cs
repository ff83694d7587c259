namespace FlowEngine.Kernels;

/// <summary>How an ActNorm is initialized from data.</summary>
public static class ActNormStart
{
    // The smallest deviation that is still divided by; Glow's own constant.
    private const double Floor = 1e-6;

    /// <summary>Turns a mean and a deviation, in place, into the bias and log scale that normalize them.</summary>
    /// <param name="backend">Where they are.</param>
    /// <param name="meanToBias">(C), read and overwritten.</param>
    /// <param name="deviationToLogScale">(C), read and overwritten.</param>
    public static void FromStatistics(IBackend backend, BufferView meanToBias, BufferView deviationToLogScale)
    {
        double[] bias = new double[meanToBias.Length];
        double[] logScale = new double[deviationToLogScale.Length];
        backend.Read(meanToBias, bias);
        backend.Read(deviationToLogScale, logScale);
        for (int c = 0; c < bias.Length; c++)
        {
            bias[c] = -bias[c];
            logScale[c] = -Math.Log(logScale[c] + Floor);
        }

        backend.Write(bias, meanToBias);
        backend.Write(logScale, deviationToLogScale);
    }
}
