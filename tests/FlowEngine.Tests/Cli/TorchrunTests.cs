using System.Diagnostics;
using FlowEngine.Cli;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Gpu;
using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>Processes with the variables that torchrun sets, on stand-ins for CUDA and NCCL.</summary>
public sealed class TorchrunTests : IDisposable
{
    private const int LongestSeconds = 120;

    private static int _lastPort = 30500;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Two_ranks_give_the_bits_of_one_process()
    {
        (int Code, string Output, string Error)[] one = Run(null, Training("one", "cuda:0"));
        Assert.Equal([(0, string.Empty)], one.Select(ended => (ended.Code, ended.Error)));
        (int Code, string Output, string Error)[] two = Run("", [.. Training("two", "cuda"), "--json"]);
        Assert.Equal([(0, string.Empty), (0, string.Empty)], two.Select(ended => (ended.Code, ended.Error)));
        Assert.Contains("\"ranks\":{\"size\":2,\"updates\":2", two[0].Output, StringComparison.Ordinal);
        Assert.Equal(string.Empty, two[1].Output);
        foreach (string file in (string[])["checkpoint.safetensors", "training.safetensors"])
        {
            Assert.Equal(File.ReadAllBytes(_folder.File($"one/{file}")), File.ReadAllBytes(_folder.File($"two/{file}")));
        }
    }

    [Fact]
    public void Without_CUDA_devices_one_line_says_what_to_do()
    {
        (int Code, string Output, string Error)[] ranks = Run("", Training("run", "cpu"));
        Assert.Equal([2, 2], ranks.Select(ended => ended.Code));
        Assert.Equal(
            "flow: ranks without MPI need a CUDA device each, and the device is cpu: add --device cuda, or start with mpirun or "
            + "srun, which bring MPI\n",
            ranks[0].Error);
        Assert.Equal(string.Empty, ranks[1].Error);
        Assert.False(Directory.Exists(_folder.File("run")));
    }

    [Fact]
    public void A_rank_that_fails_ends_the_others_with_its_name()
    {
        (int Code, string Output, string Error)[] ranks = Run("ncclSend:3:5", Training("run", "cuda"), failing: 1);
        Assert.Equal([1, 1], ranks.Select(ended => ended.Code));
        Assert.Matches("^flow: rank 1 \\(process [0-9]+\\) is gone: the run cannot go on without it\n$", ranks[0].Error);
        Assert.Equal("flow: ncclSend: an error of the stand-in\n", ranks[1].Error);
    }

    private string[] Training(string name, string device) =>
    [
        "train", "--data", "digits", "--steps", "1", "--hidden", "8", "--levels", "1", "--batch", "4", "--shards", "2",
        "--warmup-images", "4", "--schedule", "constant", "--images", "8", "--device", device, "--out", _folder.File(name),
    ];

    /// <summary>Runs the command once, or on two ranks.</summary>
    /// <param name="failure">Of NCCL, on one rank; null for a process that nobody launched.</param>
    /// <param name="arguments">Of the command.</param>
    /// <param name="failing">The rank of the failure.</param>
    private (int Code, string Output, string Error)[] Run(string? failure, string[] arguments, int failing = 0)
    {
        int port = Interlocked.Increment(ref _lastPort);
        Process[] processes = [.. Enumerable.Range(0, failure is null ? 1 : 2).Select(rank =>
        {
            ProcessStartInfo start = new("dotnet", [typeof(FlowCommand).Assembly.Location, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            (string Name, string Value)[] variables =
            [
                ("FLOWENGINE_CUDA_LIBRARY", FakeCuda.Path), ("FLOWENGINE_NCCL", FakeNccl.Path), ("FAKE_CUDA_DEVICES", "2"),
                ("TMPDIR", _folder.File(".")), .. failure is null ? [] : LaunchOf(rank),
                .. failure is null or "" || rank != failing ? Array.Empty<(string, string)>() : [("FAKE_NCCL_FAIL", failure)],
            ];
            start.Environment.Remove("NCCL_COMM_ID");
            foreach ((string name, string value) in variables)
            {
                start.Environment[name] = value;
            }

            return Process.Start(start)!;
        })];
        Task<string>[] told = [.. processes.SelectMany(process => new[] { process.StandardOutput, process.StandardError })
            .Select(text => text.ReadToEndAsync(TestContext.Current.CancellationToken))];
        try
        {
            return [.. processes.Select((process, rank) =>
            {
                Assert.True(process.WaitForExit(TimeSpan.FromSeconds(LongestSeconds)), "a rank does not end");
                return (process.ExitCode, told[2 * rank].Result, told[(2 * rank) + 1].Result);
            })];
        }
        finally
        {
            foreach (Process process in processes)
            {
                process.Kill();
                process.Dispose();
            }
        }

        (string Name, string Value)[] LaunchOf(int rank) =>
        [
            ("RANK", $"{rank}"), ("WORLD_SIZE", "2"), ("LOCAL_RANK", $"{rank}"), ("LOCAL_WORLD_SIZE", "2"), ("MASTER_ADDR", "127.0.0.1"),
            ("MASTER_PORT", $"{port}"), ("TORCHELASTIC_RUN_ID", "none"),
        ];
    }
}
