namespace FlowEngine.Benchmarks;

/// <summary>A class of benchmarks whose methods' work is counted.</summary>
internal interface ICountedWork
{
    /// <summary>The work of a method for the parameters in force.</summary>
    /// <param name="method">Its name.</param>
    Work CountWork(string method);
}
