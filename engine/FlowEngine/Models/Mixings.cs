using System.Text.Json;

using FlowEngine.Layers;
using FlowEngine.Tensors;

namespace FlowEngine.Models;

/// <summary>Layers and names of <see cref="Mixing"/>.</summary>
internal static class Mixings
{
    private static readonly (string Name, Mixing Value)[] _names =
        [("reverse", Mixing.Reverse), ("random", Mixing.Random), ("lu", Mixing.Lu)];

    public static string NameOf(Mixing mixing) => _names.First(name => name.Value == mixing).Name;

    public static Mixing Read(JsonElement json) => JsonChoice.Read(json, "mixing", _names);

    public static IFlowLayer Build(Mixing mixing, ParameterSet parameters, string block, int dims) => mixing switch
    {
        Mixing.Reverse => new Permutation(parameters, $"{block}.permutation", dims, Permutation.Reversed),
        Mixing.Random => new Permutation(parameters, $"{block}.permutation", dims, Permutation.Random),
        _ => new InvertibleConv1x1(parameters, $"{block}.lu", dims),
    };
}
