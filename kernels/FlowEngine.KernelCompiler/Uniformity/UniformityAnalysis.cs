using Microsoft.CodeAnalysis;

namespace FlowEngine.KernelCompiler;

/// <summary>
/// Proves that all threads of a group take the same way to every barrier and warp operation of a portable kernel.
/// </summary>
/// <remarks>
/// OpenCL's emulation of warp operations holds barriers, and a barrier that not all threads reach crashes or hangs. A
/// function is analyzed once for each set of its parameters that vary.
/// </remarks>
internal sealed class UniformityAnalysis
{
    private readonly Dictionary<(DeviceFunction Function, string Varying), bool> _results = [];

    private UniformityAnalysis(ModuleContext module, FunctionGraph graph)
    {
        Module = module;
        Graph = graph;
    }

    public ModuleContext Module { get; }

    public FunctionGraph Graph { get; }

    public static void Run(ModuleContext module, FunctionGraph graph)
    {
        var analysis = new UniformityAnalysis(module, graph);
        foreach (DeviceFunction kernel in graph.Functions.Where(f => f is { Kernel.Portable: true, Waits: true }))
        {
            analysis.ResultVaries(kernel, []);
        }
    }

    /// <summary>Analyzes a function and tells whether its result differs between threads.</summary>
    /// <param name="function">The function.</param>
    /// <param name="varying">The parameters whose arguments differ.</param>
    public bool ResultVaries(DeviceFunction function, IReadOnlyCollection<IParameterSymbol> varying)
    {
        string key = string.Join(",", varying.Select(p => p.Ordinal));
        if (!_results.TryGetValue((function, key), out bool result))
        {
            result = new FunctionFlow(this, function, varying).Run();
            _results[(function, key)] = result;
        }

        return result;
    }
}
