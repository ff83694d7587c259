using FlowEngine.Fuzz;
using Xunit;

namespace FlowEngine.Tests.Fuzz;

/// <summary>Every reader takes damaged files, or refuses them clearly, in bounded time and memory.</summary>
public sealed class FuzzTests
{
    private const int Inputs = 3000;

    public static TheoryData<string> Readers => [.. Targets.Names];

    [Theory]
    [MemberData(nameof(Readers))]
    public void A_damaged_file_is_read_or_refused_clearly(string reader)
    {
        using Target target = Targets.Create(reader);
        TargetRun run = new(target, seed: 20261130);
        for (int i = 0; i < Inputs; i++)
        {
            if (run.Try(i) is Finding finding)
            {
                Assert.Fail($"{reader}, input {finding.Index}: {finding.Problem}\n{Convert.ToHexString(finding.Input)}");
            }
        }

        // One that refused everything would not be tried beyond its first check; lines of metrics are passed over.
        Assert.InRange(run.Accepted, Inputs / 100, reader == "metrics" ? Inputs : Inputs * 9 / 10);
    }

    [Fact]
    public void Files_of_interest_are_read_or_refused_clearly()
    {
        string[] folders = Directory.GetDirectories(Path.Combine(AppContext.BaseDirectory, "Corpus"));
        Assert.NotEmpty(folders);
        foreach (string folder in folders)
        {
            using Target target = Targets.Create(Path.GetFileName(folder));
            TargetRun run = new(target, seed: 1);
            Assert.All(Directory.GetFiles(folder), path => Assert.Null(run.Try(File.ReadAllBytes(path))));
        }
    }

    [Fact]
    public void An_input_is_the_same_for_the_same_seed_and_number()
    {
        using Target target = Targets.Create("csv");
        byte[] Make(ulong seed, long index)
        {
            TargetRun run = new(target, seed);
            run.Try(index);
            return run.Input;
        }

        Assert.Equal(Make(1, 17), Make(1, 17));
        Assert.NotEqual(Make(1, 17), Make(2, 17));
        Assert.NotEqual(Make(1, 17), Make(1, 18));
    }

    [Fact]
    public void What_goes_wrong_is_found()
    {
        Assert.Contains("InvalidOperationException", Problem(() => throw new InvalidOperationException()), StringComparison.Ordinal);
        Assert.Contains("kind Io", Problem(() => throw new FlowException(FlowErrorKind.Io, "disk")), StringComparison.Ordinal);
        Assert.Contains("allocated", Problem(() => GC.KeepAlive(new byte[100 << 20])), StringComparison.Ordinal);
        Assert.Contains("took", Problem(Spin), StringComparison.Ordinal);
        Assert.Null(Problem(() => throw new FlowException(FlowErrorKind.BadFormat, "damaged")));

        static void Spin()
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            while (Environment.CpuUsage.TotalTime - start < TimeSpan.FromMilliseconds(300))
            {
                Thread.SpinWait(1000);
            }
        }

        static string? Problem(Action read)
        {
            using PlantedTarget target = new(read);
            return new TargetRun(target, 1) { LongestTime = TimeSpan.FromMilliseconds(100) }.Try(new byte[1]);
        }
    }

    private sealed class PlantedTarget(Action read) : Target("planted")
    {
        public override void Make(Dice dice, Output output) => output.Add(0);

        public override void Read(ReadOnlyMemory<byte> input) => read();
    }
}
