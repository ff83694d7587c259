using System.Globalization;
using System.Text.RegularExpressions;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>Reads PTX for what only a GPU's driver would notice otherwise, or nobody.</summary>
internal static partial class PtxLint
{
    /// <summary>The static shared memory a kernel may have on every GPU.</summary>
    public const int MaxSharedBytes = 48 * 1024;

    /// <summary>The hash on the first line, or null.</summary>
    public static string? Hash(string ptx) =>
        HashLine().Match(ptx) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>The kernels of a module.</summary>
    public static IReadOnlyList<PtxKernel> Kernels(string ptx)
    {
        // A shared array stands in its kernel, or before all where the back end left it there.
        Match[] arrays = [.. SharedArray().Matches(ptx).Cast<Match>()];
        List<PtxKernel> kernels = [];
        foreach (Match entry in Entry().Matches(ptx).Cast<Match>())
        {
            string body = entry.Groups[2].Value;
            int shared = arrays
                .Where(array => Regex.IsMatch(body, $@"(?<![\w$]){Regex.Escape(array.Groups[2].Value)}(?![\w$])"))
                .Sum(array => Aligned(Number(array.Groups[3].Value), Number(array.Groups[1].Value)));
            PtxCounts counts = new(
                Multiplication().Count(body),
                MatrixLoad().Count(body),
                AsyncCopy().Count(body),
                GlobalLoad().Count(body),
                GlobalStore().Count(body),
                SharedLoad().Count(body));
            kernels.Add(new(entry.Groups[1].Value, counts, shared));
        }

        return kernels;
    }

    /// <summary>Everything wrong with a module, one line each.</summary>
    public static IReadOnlyList<string> Faults(string ptx, IReadOnlyDictionary<string, PtxCounts> expected)
    {
        List<string> faults = [];
        if (Hash(ptx) is null)
        {
            faults.Add("the first line is not // flowengine-sha256: and a hash");
        }

        RequireOnce(ptx, VersionLine(), ".version 7.5", faults);
        RequireOnce(ptx, TargetLine(), ".target sm_80", faults);
        if (LocalMemory().Count(ptx) is > 0 and int locals)
        {
            faults.Add($"{locals} times .local: an array or a spill of one thread is in memory");
        }

        if (Inexact().Count(ptx) is > 0 and int inexact)
        {
            faults.Add($"{inexact} times .approx or .ftz: not the bits of the CPU");
        }

        if (Function().IsMatch(ptx))
        {
            faults.Add("a .func: a device function is not inlined");
        }

        foreach (PtxKernel kernel in Kernels(ptx))
        {
            if (kernel.SharedBytes > MaxSharedBytes)
            {
                faults.Add($"{kernel.Name}: {kernel.SharedBytes} bytes of static shared memory");
            }

            if (!expected.TryGetValue(kernel.Name, out PtxCounts? counts))
            {
                faults.Add($"{kernel.Name}: not in lint.txt; it has {kernel.Counts}");
            }
            else if (counts != kernel.Counts)
            {
                faults.Add($"{kernel.Name}: lint.txt says {counts}, it has {kernel.Counts}");
            }
        }

        return faults;
    }

    private static void RequireOnce(string ptx, Regex line, string expected, List<string> faults)
    {
        string[] found = [.. line.Matches(ptx).Select(match => match.Value.Trim())];
        if (found is not [string only] || only != expected)
        {
            faults.Add($"expected {expected}, found {string.Join(", ", found)}");
        }
    }

    private static int Number(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);

    private static int Aligned(int bytes, int alignment) => (bytes + alignment - 1) / alignment * alignment;

    [GeneratedRegex(@"\A// flowengine-sha256: ([0-9a-f]{64})\n")]
    private static partial Regex HashLine();

    [GeneratedRegex(@"^\.version .*$", RegexOptions.Multiline)]
    private static partial Regex VersionLine();

    [GeneratedRegex(@"^\.target .*$", RegexOptions.Multiline)]
    private static partial Regex TargetLine();

    [GeneratedRegex(@"\.local\b")]
    private static partial Regex LocalMemory();

    [GeneratedRegex(@"\.(approx|ftz)\b")]
    private static partial Regex Inexact();

    [GeneratedRegex(@"^\s*(\.\w+\s+)?\.func\b", RegexOptions.Multiline)]
    private static partial Regex Function();

    [GeneratedRegex(@"\.entry\s+([\w$]+)\(.*?^\{(.*?)^\}", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Entry();

    [GeneratedRegex(@"^\s*(?:\.visible\s+)?\.shared \.align (\d+) \.b8 ([\w$]+)\[(\d+)\];", RegexOptions.Multiline)]
    private static partial Regex SharedArray();

    [GeneratedRegex(@"\bmma\.sync\.")]
    private static partial Regex Multiplication();

    [GeneratedRegex(@"\bldmatrix\.sync\.")]
    private static partial Regex MatrixLoad();

    [GeneratedRegex(@"\bcp\.async\.c[ag]\.")]
    private static partial Regex AsyncCopy();

    [GeneratedRegex(@"\bld\.global\.(nc\.)?v4\.")]
    private static partial Regex GlobalLoad();

    [GeneratedRegex(@"\bst\.global\.v4\.")]
    private static partial Regex GlobalStore();

    [GeneratedRegex(@"\bld\.shared\.v4\.")]
    private static partial Regex SharedLoad();
}
