using FlowEngine.Benchmarks;
using FlowEngine.Tests.KernelCompiler;
using Xunit;

namespace FlowEngine.Tests.Perf;

/// <summary>The counts of GPU kernels that <c>perf/README.md</c> states.</summary>
public sealed class GpuCountTableTests
{
    [Fact]
    public void The_table_of_the_README_is_the_one_that_is_counted()
    {
        using var counted = new StringWriter();
        GpuCountTable.Write(counted);
        string[] expected = counted.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("| kernel, precision |", expected[0], StringComparison.Ordinal);
        IEnumerable<string> stated = File.ReadLines(ProjectFolder.Path("perf", "README.md"))
            .SkipWhile(line => line != expected[0])
            .TakeWhile(line => line.StartsWith('|'));
        Assert.Equal(expected, stated);
    }
}
