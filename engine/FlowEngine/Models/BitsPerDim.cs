namespace FlowEngine.Models;

/// <summary>Log-probabilities in nats to bits per dimension and back.</summary>
public static class BitsPerDim
{
    /// <summary>-(logProb - D ln bins) / (D ln 2): the code length of quantized data whose scaled density is known.</summary>
    /// <param name="logProb">Log density of data scaled to [-0.5, 0.5), nats.</param>
    /// <param name="dims">Dimensions of one image, D.</param>
    /// <param name="bins">Grey levels.</param>
    public static double FromLogProb(double logProb, int dims, int bins) =>
        ((dims * Math.Log(bins)) - logProb) / (dims * Math.Log(2));
}
