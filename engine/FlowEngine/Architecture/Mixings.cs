using FlowEngine.Layers;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>Layers and names of <see cref="Mixing"/>.</summary>
internal static class Mixings
{
    public static readonly (string Name, Mixing Value)[] Names =
        [("reverse", Mixing.Reverse), ("random", Mixing.Random), ("lu", Mixing.Lu)];

    public static string NameOf(Mixing mixing) => Names.First(name => name.Value == mixing).Name;

    public static IFlowLayer Build(Mixing mixing, ParameterSet parameters, string block, int dims) => mixing switch
    {
        Mixing.Reverse => new Permutation(parameters, $"{block}.permutation", dims, Permutation.Reversed),
        Mixing.Random => new Permutation(parameters, $"{block}.permutation", dims, Permutation.Random),
        _ => new InvertibleConv1x1(parameters, $"{block}.lu", dims),
    };
}
