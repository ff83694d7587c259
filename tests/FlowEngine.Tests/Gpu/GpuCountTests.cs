using FlowEngine.Compare;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.KernelCompiler;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>
/// kernels/ptx/counts.txt: what kernels do in the cases of perf/compare/cases-gpu.txt. More of it is a loss of speed that no
/// GPU is needed to see.
/// </summary>
[Collection(FakeCudaGroup.Name)]
public sealed class GpuCountTests : IDisposable
{
    private const string Table = "counts.txt";

    private static readonly string _committed = ProjectFolder.Path("kernels", "ptx", Table);

    private readonly TemporaryFolder _folder = new();

    public GpuCountTests()
    {
        _ = FakeCuda.Path;
        FakeCuda.Reset();
    }

    public void Dispose()
    {
        FakeCuda.Reset();
        _folder.Dispose();
    }

    [Fact]
    public void The_committed_table_is_what_is_counted()
    {
        string counted = Path.Combine(AppContext.BaseDirectory, Table);
        Write(counted, GpuCounts.Passes.SelectMany(pass => Rows(pass.Case, pass.Pass)));
        using StringWriter differences = new();
        CompareCommand.Run(["counts", _committed, counted], differences, differences);
        Assert.True(
            File.ReadAllText(_committed) == File.ReadAllText(counted),
            $"{differences}If this is on purpose: cp {counted} kernels/ptx/{Table}");
    }

    // A load of GaussianKernels.LogProb, twice.
    [Fact]
    public void A_load_more_is_found()
    {
        const string Load = "ld.global.nc.f32 %f7, [%rd33];";

        (BenchCase test, string pass) = GpuCounts.Passes.First(pass => pass.Pass == "log-prob");
        string[] files = [_folder.File("before"), _folder.File("after")];
        string rows = $"{test.Name}/{pass} ";
        Write(files[0], File.ReadLines(_committed).Where(line => line.StartsWith(rows, StringComparison.Ordinal)));
        FakeCuda.Plant(Load, $"{Load} {Load}");
        Write(files[1], Rows(test, pass));
        using StringWriter output = new();
        int code = CompareCommand.Run(["counts", .. files], output, output);
        Assert.True(code == 1, output.ToString());
        Assert.Matches(@"\| glow-bf16/log-prob \| bytes-read +\| \d+ +\| \d+ +\| more ", output.ToString());
        Assert.Equal(0, CompareCommand.Run(["counts", files[0], files[0]], output, output));
    }

    // Kernels need not run for their launches to be counted.
    [Fact]
    public void Few_images_reach_the_kernels_of_many() => Assert.All(GpuCounts.Passes, pass => Assert.Equal(
        Launches(GpuCounts.Of(pass.Case, pass.Pass, batch: 256, multiprocessors: 108, skipKernels: true)),
        Launches(GpuCounts.Of(pass.Case, pass.Pass, skipKernels: true))));

    private static IEnumerable<string> Launches(IReadOnlyList<string> rows) =>
        rows.Select(row => string.Join(' ', row.Split(' ')[..2])).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Rows(BenchCase test, string pass) =>
        GpuCounts.Of(test, pass).Order(StringComparer.Ordinal).Select(row => $"{test.Name}/{pass} {row}");

    private static void Write(string path, IEnumerable<string> rows)
    {
        string[][] cells = [.. rows.Prepend($"case {GpuCounts.Names}")
            .Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        int[] widths = [.. cells[0].Select((_, column) => cells.Max(row => row[column].Length))];
        File.WriteAllLines(path,
        [
            "# What kernels do in the cases of perf/compare/cases-gpu.txt, with one step a level (--steps 1) and 2 images",
            "# (--batch 2) on a device of 2 multiprocessors: so they are the kernels and tiles of 256 images on 65 to 256",
            "# multiprocessors. A pass is one update, the densities of one batch, or one batch of samples. Counted by the",
            "# interpreter of PTX: launches; instructions of warps by kind (matrix products, arithmetic of floats, other,",
            "# shared memory, global memory, order among threads, branches); bytes of global memory in the sectors of 32 that",
            "# a warp touches, without caches; turns that conflicts of banks of shared memory take more. The test",
            "# GpuCountTests says how this is renewed on purpose.",
            .. cells.Select(row => string.Join(' ', row.Select((cell, column) =>
                column < 2 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])))),
        ]);
    }
}
