using FlowEngine.Kernels;

namespace FlowEngine.Execution;

/// <summary>What precisions are called on the command line and in configurations.</summary>
public static class PrecisionNames
{
    /// <summary>The names, the default first.</summary>
    public static IReadOnlyList<string> All { get; } = ["fp32", "tf32", "bf16"];

    /// <summary>The name of a precision.</summary>
    /// <param name="precision">The precision.</param>
    public static string Of(NetworkPrecision precision) => All[(int)precision];

    /// <summary>The precision of a name.</summary>
    /// <param name="name">One of <see cref="All"/>.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: it is none of them.</exception>
    public static NetworkPrecision Parse(string name)
    {
        for (int i = 0; i < All.Count; i++)
        {
            if (All[i] == name)
            {
                return (NetworkPrecision)i;
            }
        }

        throw new FlowException(
            FlowErrorKind.InvalidArgument, $"precision is {name}, expected {string.Join(" or ", All)}");
    }
}
