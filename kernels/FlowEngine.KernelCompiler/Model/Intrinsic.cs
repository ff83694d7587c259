using Microsoft.CodeAnalysis;

namespace FlowEngine.KernelCompiler;

/// <summary>What the [Intrinsic] of an API member says.</summary>
/// <param name="Name">The name in C.</param>
/// <param name="Emulated">The class with the form that the emulator yields, if threads wait for each other.</param>
/// <param name="NeedsWarpScratch">Whether C passes the warp's scratch memory on.</param>
/// <param name="Varying">Whether the threads of a group may get different values.</param>
internal sealed record Intrinsic(string Name, INamedTypeSymbol? Emulated, bool NeedsWarpScratch, bool Varying)
{
    public bool Waits => Emulated is not null;

    public static Intrinsic? Of(ISymbol? symbol)
    {
        if (DeviceApi.Attribute(symbol, "IntrinsicAttribute") is not { } data)
        {
            return null;
        }

        INamedTypeSymbol? emulated = null;
        bool scratch = false;
        bool varying = false;
        foreach (KeyValuePair<string, TypedConstant> named in data.NamedArguments)
        {
            switch (named.Key)
            {
                case "Emulated":
                    emulated = named.Value.Value as INamedTypeSymbol;
                    break;
                case "NeedsWarpScratch":
                    scratch = named.Value.Value is true;
                    break;
                case "Varying":
                    varying = named.Value.Value is true;
                    break;
            }
        }

        return new Intrinsic(
            data.ConstructorArguments[0].Value as string ?? "", emulated, scratch, varying || emulated is not null);
    }
}
