using FlowEngine.Cli;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>Runs that are killed, begun twice, moved, given other data, or that learn nothing.</summary>
public sealed class RunReliabilityTests : IDisposable
{
    private static readonly string[] _tinyMaf =
        ["--model", "maf", "--blocks", "1", "--hidden", "8", "--batch", "16", "--threads", "1", "--warmup-samples", "0",
            "--schedule", "constant"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_is_trained_in_by_one_process_at_a_time()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "32");
        using (RunLock.Take(run))
        {
            CommandRun.Refuse(["train", "--resume", run, "--samples", "64"], "another process trains in this folder");
        }

        CommandRun.Succeed("train", "--resume", run, "--samples", "64");
    }

    [Fact]
    public void A_run_that_was_killed_before_its_first_checkpoint_begins_anew()
    {
        string run = _folder.File("run");
        Directory.CreateDirectory(Path.Combine(run, "samples"));
        CommandRun.Refuse(["train", "--resume", run], "before its first checkpoint", $"flow train --out {run}");
        RunFolder.RequireFree(run);
        foreach (string file in new[] { ".lock", "checkpoint.safetensors", "training.safetensors" })
        {
            File.WriteAllText(Path.Combine(run, file), "half");
        }

        CommandRun.Refuse(["train", "--resume", run], "before its first checkpoint", $"flow train --out {run}");
        CommandRun.Train(_folder, "run", "--samples", "32");
        CommandRun.Refuse(CommandRun.TinyTraining(run), "not empty");
        CommandRun.Succeed("train", "--resume", run, "--samples", "64");
    }

    [Fact]
    public void Temporary_files_of_a_killed_run_are_removed_when_it_resumes()
    {
        string run = CommandRun.Train(_folder, "run", "--samples", "32");
        string[] left = [Path.Combine(run, "training.safetensors.abcdefgh.ijk.tmp"), Path.Combine(run, "samples", "1.png.abcdefgh.ijk.tmp")];
        Assert.All(left, file => File.WriteAllText(file, "half"));

        CommandRun.Succeed("train", "--resume", run, "--samples", "64");

        Assert.All(left, file => Assert.False(File.Exists(file)));
    }

    [Fact]
    public void What_a_run_owed_when_it_ended_is_made_up_for_at_resume()
    {
        string straight = CommandRun.Train(_folder, "straight", "--samples", "960");
        string run = CommandRun.Train(_folder, "run", "--samples", "96");
        RunFolder folder = RunFolder.Open(run);
        folder.WriteConfig(folder.ReadConfig() with { Limits = new RunLimits(null, 960, null) });

        // Stops at the first tenth, before its evaluation; the picture goes as it would in a kill.
        InterruptedRun.Resume(folder, 192);
        File.Delete(folder.SampleFile(192));
        Assert.DoesNotContain(folder.ReadMetrics(), line => line is EvalMetrics { Samples: 192 });
        CommandRun.Succeed("train", "--resume", run);

        Assert.Equal(Evaluations(straight).Where(e => e.Samples > 96), Evaluations(run).Where(e => e.Samples > 96));
        Assert.Equal(
            File.ReadAllBytes(RunFolder.Open(straight).SampleFile(192)), File.ReadAllBytes(folder.SampleFile(192)));
    }

    [Fact]
    public void Other_data_are_noticed_and_data_that_moved_are_taken()
    {
        string data = WriteTable("data.csv", 0);
        string straight = TrainMaf("straight", data, "--epochs", "6");
        string run = TrainMaf("run", data, "--epochs", "3");
        string moved = _folder.File("moved.csv");
        File.Move(data, moved);
        WriteTable("data.csv", 0.25);

        CommandRun.Refuse(
            ["train", "--resume", run, "--epochs", "6"], "data are not those that the run began with", "--allow-changed-data");
        CommandRun.Succeed("train", "--resume", run, "--epochs", "6", "--data", moved);
        Assert.Equal(
            File.ReadAllBytes(RunFolder.Open(straight).StateFile), File.ReadAllBytes(RunFolder.Open(run).StateFile));
        Assert.Equal(moved, RunFolder.Open(run).ReadConfig().Data);
        CommandRun.Succeed("train", "--resume", run, "--epochs", "7", "--data", data, "--allow-changed-data");
        CommandRun.Succeed("train", "--resume", run, "--epochs", "8");
    }

    [Fact]
    public void Other_held_out_data_are_noticed()
    {
        string parts = _folder.File("parts");
        Directory.CreateDirectory(parts);
        foreach (string part in new[] { "train", "val", "test" })
        {
            WriteTable(Path.Combine("parts", $"{part}.csv"), 0);
        }

        string run = TrainMaf("run", parts, "--epochs", "2");
        WriteTable(Path.Combine("parts", "val.csv"), 0.25);
        CommandRun.Refuse(["train", "--resume", run, "--epochs", "3"], "the held-out data are not those");
    }

    [Theory]
    [InlineData("the run did not train: bits per dimension were ", "--lr", "10", "--clip", "0", "--epochs", "3")]
    [InlineData("updates were skipped, the last because", "--lr", "1e20", "--clip", "0", "--samples", "160")]
    public void A_run_that_did_not_train_says_so_and_ends_with_1(string says, params string[] options)
    {
        string data = WriteTable("data.csv", 0);
        CommandRun run = CommandRun.Of(
            ["train", "--data", data, "--out", _folder.File("run"), .. _tinyMaf, "--patience", "0", "--ema", "0", .. options]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(RunFolder.Open(_folder.File("run")).ReportFile));
    }

    [Fact]
    public void Batch_normalization_of_one_row_is_refused()
    {
        string data = WriteTable("data.csv", 0);
        string[] train = ["train", "--data", data, "--out", _folder.File("run"), .. _tinyMaf, "--batch-norm"];
        CommandRun.Refuse([.. train.Where(text => text is not ("--batch" or "16")), "--batch", "1"], "batch is 1", "2 or more");
    }

    [Fact]
    public void Training_goes_on_where_nobody_can_be_told_of_it()
    {
        using FailingWriter output = new(writes: 3);
        using FailingWriter error = new(writes: 0);
        string run = _folder.File("run");

        Assert.Equal(0, FlowCommand.Run([.. CommandRun.TinyTraining(run), "--samples", "256"], output, error));

        string straight = CommandRun.Train(_folder, "straight", "--samples", "256");
        Assert.True(output.HasFailed);
        Assert.Equal(
            File.ReadAllBytes(RunFolder.Open(straight).StateFile), File.ReadAllBytes(RunFolder.Open(run).StateFile));
        Assert.Equal(1, FlowCommand.Run(["devices"], output, error));
    }

    [Fact]
    public void Outputs_replace_files_whole_and_a_full_disk_ends_with_1()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the full device is Linux's");
        string images = CommandRun.Train(_folder, "images", "--samples", "32");
        string rows = TrainMaf("rows", WriteTable("data.csv", 0), "--epochs", "1");
        string[][] commands =
        [
            ["sample", images, "--count", "1", "--out"],
            ["sample", rows, "--count", "1", "--out"],
            ["score", rows, "--data", _folder.File("data.csv"), "--out"],
            ["compress", images, "--data", "digits", "--limit", "2", "--out"],
            ["interpolate", images, "--data", "digits", "--out"],
        ];
        Assert.All(commands, command =>
        {
            CommandRun full = CommandRun.Of([.. command, "/dev/full"]);
            Assert.True(full.ExitCode == 1, $"{command[0]}: {full.ExitCode} {full.Error}");
            Assert.StartsWith("flow: /dev/full: ", full.Error, StringComparison.Ordinal);
            Assert.Equal(2, CommandRun.Of([.. command, _folder.File("none/out")]).ExitCode);
            CommandRun.Refuse([.. command, images], "is a folder");
        });
    }

    private string TrainMaf(string name, string data, params string[] more)
    {
        string run = _folder.File(name);
        CommandRun.Succeed(["train", "--data", data, "--out", run, .. _tinyMaf, .. more]);
        return run;
    }

    /// <summary>Sixty rows, one of which differs by a change.</summary>
    private string WriteTable(string name, double change)
    {
        string path = _folder.File(name);
        File.WriteAllLines(path, ["x,y", .. Enumerable.Range(0, 60).Select(i => FormattableString.Invariant(
            $"{Math.Sin(i) + (i == 7 ? change : 0)},{Math.Cos(3 * i)}"))]);
        return path;
    }

    private static IEnumerable<(long Samples, double BitsPerDim)> Evaluations(string run) =>
        RunFolder.Open(run).ReadMetrics().OfType<EvalMetrics>().Select(e => (e.Samples, e.BitsPerDim));

    private sealed class FailingWriter(int writes) : StringWriter
    {
        private int _left = writes;

        public bool HasFailed => _left < 0;

        public override void Write(char value) => Fail();

        public override void Write(char[] buffer, int index, int count) => Fail();

        public override void Write(string? value) => Fail();

        public override void WriteLine(string? value) => Fail();

        private void Fail()
        {
            if (--_left < 0)
            {
                throw new IOException("Input/output error");
            }
        }
    }
}
