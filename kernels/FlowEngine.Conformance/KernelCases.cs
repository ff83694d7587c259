using FlowEngine.Conformance.Cases;

namespace FlowEngine.Conformance;

/// <summary>The cases that every device must pass.</summary>
public static class KernelCases
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<KernelCase> All { get; } =
    [
        .. ElementwiseCases.All,
        .. ReductionCases.All,
        .. ProductCases.All,
        .. CountCases.All,
        .. PrefixSumCases.All,
        .. PhiloxCases.All,
        .. WarpExchangeCases.All,
        .. WideIndexCases.All,
    ];
}
