namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// The body of a parallel loop; a struct, so that the loop is compiled for it and nothing is allocated.
/// </summary>
internal interface IJob
{
    /// <summary>Does one part of the work.</summary>
    /// <param name="index">Which part.</param>
    /// <param name="worker">
    /// Who does it, 0 to Threads - 1: names a part of the scratch memory, never of the result.
    /// </param>
    void Invoke(int index, int worker);
}
