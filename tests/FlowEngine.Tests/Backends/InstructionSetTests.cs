using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics;
using Xunit;

namespace FlowEngine.Tests.Backends;

/// <summary>
/// The digests of <see cref="BitDigests"/> with fewer instructions: the runtime decides once which it uses, so each set
/// is a child process, this same program asked for one test.
/// </summary>
public class InstructionSetTests
{
    private const string ExpectedVariable = "FLOWENGINE_TEST_EXPECTED_DIGESTS";
    private const string WidestVariable = "FLOWENGINE_TEST_WIDEST_VECTOR";
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    // Vectors of 128 bits are computed as without AVX2, and scalars take a minute.
    private static readonly string[] _slow = ["DOTNET_EnableAVX=0", "DOTNET_EnableHWIntrinsic=0"];

    /// <summary>What is switched off, and the bits of the widest vector that may be left.</summary>
    public static TheoryData<string, int> InstructionSets => new()
    {
        // The name of the first differs between .NET 9 and 10; the unknown one is ignored.
        { "DOTNET_EnableAVX512=0 DOTNET_EnableAVX512F=0", 256 },
        { "DOTNET_EnableAVX2=0", 128 },
        { "DOTNET_EnableAVX=0", 128 },
        { "DOTNET_EnableHWIntrinsic=0", 0 },
        { "DOTNET_TieredCompilation=0", 512 },
        { "DOTNET_TieredPGO=1 DOTNET_TC_QuickJitForLoops=1", 512 },
    };

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Every_number_of_threads_gives_the_same_bits(int threads) =>
        Assert.Equal(BitDigests.Compute(1), BitDigests.Compute(threads));

    [Theory]
    [MemberData(nameof(InstructionSets))]
    public async Task Every_instruction_set_gives_the_same_bits(string switches, int widestVector)
    {
        if (_slow.Contains(switches))
        {
            FullRun.Require();
        }

        string program = Path.Combine(
            AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "FlowEngine.Tests.exe" : "FlowEngine.Tests");
        Assert.SkipUnless(File.Exists(program), $"the tests run without their own program, {program}");
        ProcessStartInfo start = new(program)
        {
            ArgumentList =
            {
                "-explicit",
                "only",
                "-noColor",
                "-method",
                $"{typeof(InstructionSetTests).FullName}.{nameof(Child_has_the_digests_of_its_parent)}",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string[] pair in switches.Split(' ').Select(item => item.Split('=')))
        {
            start.Environment[pair[0]] = pair[1];
        }

        start.Environment[ExpectedVariable] = Text(BitDigests.Compute(2));
        start.Environment[WidestVariable] = widestVector.ToString(CultureInfo.InvariantCulture);
        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var limit = new CancellationTokenSource(_patience);
        string output;
        try
        {
            output = await child.StandardOutput.ReadToEndAsync(limit.Token);
            await child.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            child.Kill(entireProcessTree: true);
            throw;
        }

        // "Total: 1" too: a child that finds no test also ends with 0.
        Assert.True(
            child.ExitCode == 0 && output.Contains("Total: 1,", StringComparison.Ordinal),
            $"with {switches}:\n{output}\n{await errors}");
    }

    [Fact(Explicit = true)]
    public void Child_has_the_digests_of_its_parent()
    {
        string? expected = Environment.GetEnvironmentVariable(ExpectedVariable);
        string? widest = Environment.GetEnvironmentVariable(WidestVariable);
        Assert.NotNull(expected);
        Assert.NotNull(widest);
        int bits = Vector512.IsHardwareAccelerated ? 512
            : Vector256.IsHardwareAccelerated ? 256
            : Vector128.IsHardwareAccelerated ? 128
            : 0;
        Assert.True(
            bits <= int.Parse(widest, CultureInfo.InvariantCulture), $"{bits}-bit vectors were not switched off");
        Assert.Equal(expected, Text(BitDigests.Compute(2)));
    }

    private static string Text(Dictionary<string, string> digests) =>
        string.Join('\n', digests.Select(digest => $"{digest.Key}: {digest.Value}"));
}
