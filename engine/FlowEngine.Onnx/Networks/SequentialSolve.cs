using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Networks;

/// <summary>The slow direction of an autoregressive layer, unrolled: a pass of the network for each dimension.</summary>
internal static class SequentialSolve
{
    /// <summary>Finds the dimensions in the order of the network's masks. What is not found yet is 0, and nobody reads it.</summary>
    /// <param name="translation">The model.</param>
    /// <param name="network">The network, of what is found.</param>
    /// <param name="outputsPerDim">Outputs of a dimension.</param>
    /// <param name="known">(B, D).</param>
    /// <param name="find">Some dimensions of what is sought, of those of <paramref name="known"/> and their outputs.</param>
    /// <returns>(B, D).</returns>
    public static OnnxValue Run(
        Translation translation,
        DenseNodes network,
        int outputsPerDim,
        OnnxValue known,
        Func<OnnxValue, OnnxValue, OnnxValue> find)
    {
        IReadOnlyList<int[]> places = network.Places;
        int dims = places.Sum(place => place.Length);
        OnnxValue found = translation.ZerosLike(known);
        foreach (int[] place in places)
        {
            OnnxValue output = network.Apply(
                found, [.. place.SelectMany(dim => Enumerable.Range(dim * outputsPerDim, outputsPerDim))]);
            OnnxValue next = find(known.Gather(1, place), output);
            OnnxValue mask = translation.Graph.Truths([.. Enumerable.Range(0, dims).Select(place.Contains)], 1, dims);

            // One dimension is repeated where the mask is.
            found = mask.Where(
                place.Length == 1
                    ? next
                    : next.Gather(1, Enumerable.Range(0, dims).Select(dim => Math.Max(0, Array.IndexOf(place, dim)))),
                found);
        }

        return found;
    }
}
