using Xunit;

namespace FlowEngine.Tests;

/// <summary>Tests that only <c>./test.sh --full</c> runs: what they cover, cheaper ones cover for the most part.</summary>
internal static class FullRun
{
    private const string Variable = "FLOWENGINE_FULL_TESTS";

    /// <summary>True where every test runs.</summary>
    public static bool IsOn => Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>Skips a test where only the quicker ones run.</summary>
    public static void Require() => Assert.SkipUnless(IsOn, "only ./test.sh --full runs it");
}
