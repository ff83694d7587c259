using System.Globalization;
using System.Runtime.InteropServices;

using FlowEngine.Calls;

if (args.Length != 3 || !int.TryParse(args[2], CultureInfo.InvariantCulture, out int calls) || calls < Comparison.Rounds)
{
    Console.Error.WriteLine("usage: calls LIBFLOWENGINE LIBCALLS CALLS");
    return 2;
}

nint engine = NativeLibrary.Load(args[0]);
nint loop = NativeLibrary.Load(args[1]);
Console.WriteLine($"{calls} calls of each, one row of two columns, one thread; medians of {Comparison.Rounds} rounds in turn");
Console.WriteLine("model       C#, ns   C, ns   C less C#, ns");
foreach (string kind in (string[])["maf", "nice", "dense-glow", "nsf"])
{
    using Comparison comparison = new(engine, loop, kind);
    (double managed, double native, double difference) = comparison.Run(calls);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{kind,-10}{managed,8:F0}{native,8:F0}{difference,16:F0}"));
}

return 0;
