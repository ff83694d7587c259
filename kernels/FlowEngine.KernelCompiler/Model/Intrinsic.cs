using Microsoft.CodeAnalysis;

namespace FlowEngine.KernelCompiler;

/// <summary>What the [Intrinsic] of an API member says.</summary>
/// <param name="Name">The name in C.</param>
/// <param name="Waits">Whether threads wait for each other: the emulator has a form of it that can be yielded.</param>
/// <param name="NeedsWarpScratch">Whether C passes the warp's scratch memory on.</param>
/// <param name="Varying">Whether the threads of a group may get different values.</param>
internal sealed record Intrinsic(string Name, bool Waits, bool NeedsWarpScratch, bool Varying)
{
    public static Intrinsic? Of(ISymbol? symbol)
    {
        if (DeviceApi.Attribute(symbol, "IntrinsicAttribute") is not { } data)
        {
            return null;
        }

        bool waits = false;
        bool scratch = false;
        bool varying = false;
        foreach (KeyValuePair<string, TypedConstant> named in data.NamedArguments)
        {
            switch (named.Key)
            {
                case "Waits":
                    waits = named.Value.Value is true;
                    break;
                case "NeedsWarpScratch":
                    scratch = named.Value.Value is true;
                    break;
                case "Varying":
                    varying = named.Value.Value is true;
                    break;
            }
        }

        return new Intrinsic(data.ConstructorArguments[0].Value as string ?? "", waits, scratch, varying || waits);
    }
}
