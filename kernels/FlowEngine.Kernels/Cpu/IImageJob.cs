namespace FlowEngine.Kernels.Cpu;

/// <summary>The body of a parallel loop over the chunks of all images.</summary>
internal interface IImageJob
{
    /// <summary>Does one chunk.</summary>
    /// <param name="image">Which image.</param>
    /// <param name="start">The first pixel or element within the image.</param>
    /// <param name="count">How many.</param>
    /// <param name="worker">Who does it, 0 to Threads - 1.</param>
    /// <returns>The chunk's part of the image's sum, if there is one.</returns>
    double Invoke(int image, int start, int count, int worker);
}
