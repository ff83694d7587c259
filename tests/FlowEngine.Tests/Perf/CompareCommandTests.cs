using System.Text.Json;

using FlowEngine.Compare;
using FlowEngine.Tests.Checkpoints;

using Xunit;

namespace FlowEngine.Tests.Perf;

public sealed class CompareCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1.0, 0, "same")]
    [InlineData(1.2, 1, "slower")]
    [InlineData(0.8, 0, "faster")]
    public void Read_prints_a_table_writes_json_and_says_it_by_the_exit_code(
        double slowdown, int expectedCode, string verdict)
    {
        (Series before, Series after) = NoisySeries.Times(seed: 1, rounds: 10, noise: 0.03, slowdown);
        Report.Write(_folder.File("base.json"), [before]);
        Report.Write(_folder.File("head.json"), [after]);
        string json = _folder.File("comparison.json");
        (int code, string output, string error) =
            Run("read", _folder.File("base.json"), _folder.File("head.json"), "--json", json);
        Assert.Equal(string.Empty, error);
        Assert.Equal(expectedCode, code);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Equal("time", lines[2].Split('|')[1].Trim());
        Assert.Equal(verdict, lines[2].Split('|')[7].Trim());
        using var document = JsonDocument.Parse(File.ReadAllText(json));
        JsonElement comparison = Assert.Single(document.RootElement.EnumerateArray());
        Assert.Equal(verdict, comparison.GetProperty("verdict").GetString());
        Assert.Equal(slowdown, comparison.GetProperty("ratio").GetDouble(), 0.05);
    }

    [Theory]
    [InlineData("a k 1 100\na l 2 50\nb k 1 1", 0, null)]
    [InlineData("a k 1 90\na l 2 60\nb k 1 1", 0, "moved")]
    [InlineData("a k 1 90\na l 2 50\nb k 1 1", 0, "less")]
    [InlineData("a k 1 101\na l 2 50\nb k 1 1", 1, "more")]
    [InlineData("a k 1 90\na l 2 50\na m 1 11\nb k 1 1", 1, "more")]
    [InlineData("a k 1 100\na l 2 50\nb k 1 1\nc k 1 1", 0, "new")]
    [InlineData("a k 1 100\na l 2 50", 1, "missing")]
    public void Counts_fail_where_a_case_has_more_of_them(string head, int expectedCode, string? verdict)
    {
        const string Names = "# what this is\n\ncase kernel launches bytes\n";
        File.WriteAllText(_folder.File("base"), Names + "a k 1 100\na l 2 50\nb k 1 1\n");
        File.WriteAllText(_folder.File("head"), Names + head);
        (int code, string output, string error) = Run("counts", _folder.File("base"), _folder.File("head"));
        Assert.Equal((expectedCode, string.Empty), (code, error));
        string[] rows = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[2..];
        Assert.Equal(verdict is null, rows.Length == 0);
        Assert.True(verdict is null || rows.Any(row => row.Split('|')[5].Trim() == verdict), output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("case kernel\na k")]
    [InlineData("case kernel bytes")]
    [InlineData("case kernel bytes\na k")]
    [InlineData("case kernel bytes\na k -1")]
    [InlineData("case kernel bytes\na k 1\na k 2")]
    public void A_bad_table_of_counts_is_one_line_and_exit_code_2(string text)
    {
        string path = _folder.File("counts.txt");
        File.WriteAllText(path, text);
        AssertRefused("counts", path, path);
    }

    [Fact]
    public void Tables_of_different_counts_are_not_compared()
    {
        File.WriteAllText(_folder.File("base"), "case kernel launches\na k 1\n");
        File.WriteAllText(_folder.File("head"), "case kernel bytes\na k 1\n");
        AssertRefused("counts", _folder.File("base"), _folder.File("head"));
    }

    [Fact]
    public void The_threshold_can_be_chosen()
    {
        (Series before, Series after) = NoisySeries.Times(seed: 1, rounds: 10, noise: 0.03, slowdown: 1.2);
        Report.Write(_folder.File("base.json"), [before]);
        Report.Write(_folder.File("head.json"), [after]);
        Assert.Equal(0, Run("read", _folder.File("base.json"), _folder.File("head.json"), "--threshold", "40").Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("[null]")]
    [InlineData("""[{"benchmark":"a","unit":"s","values":[1,1,1,1,1]}]""")]
    [InlineData("""[{"benchmark":null,"unit":"s","higherIsBetter":false,"values":[1,1,1,1,1]}]""")]
    [InlineData("""[{"benchmark":"a","unit":"s","higherIsBetter":false,"values":[1,1,"x",1,1]}]""")]
    [InlineData("""[{"benchmark":"a","unit":"s","higherIsBetter":false,"values":[1,1,0,1,1]}]""")]
    [InlineData("""[{"benchmark":"a","unit":"s","higherIsBetter":false,"values":[1,1,1e999,1,1]}]""")]
    [InlineData("""[{"benchmark":"a","unit":"s","higherIsBetter":false,"values":[1,1,1,1]}]""")]
    public void A_bad_report_is_one_line_and_exit_code_2(string text)
    {
        string path = _folder.File("report.json");
        File.WriteAllText(path, text);
        AssertRefused("read", path, path);
    }

    [Fact]
    public void Bad_arguments_are_one_line_and_exit_code_2()
    {
        string missing = _folder.File("missing");
        AssertRefused("read", missing, missing);
        AssertRefused("read", missing);
        AssertRefused("walk");
        AssertRefused("run", "--base", missing, "--head", missing);
        AssertRefused("run", "--base", missing, "--head", missing, "--rounds", "4");
        AssertRefused("run", "--base", missing, "--head", missing, "--rounds", "many");
        AssertRefused("run", "--base", missing, "--head", missing, "--threshold", "0");
        AssertRefused("run", "--base", FakeFlow("a", "1"), "--head", FakeFlow("b", "1"), "--cases", missing);
        File.WriteAllText(missing, "no colon\n");
        AssertRefused("run", "--base", FakeFlow("a", "1"), "--head", FakeFlow("b", "1"), "--cases", missing);
    }

    [Fact]
    public void The_cases_that_come_with_the_command_can_be_read()
    {
        string large = Path.Combine(Path.GetDirectoryName(BenchCase.DefaultFile)!, "cases-glow.txt");
        IReadOnlyList<BenchCase> small = BenchCase.Read(BenchCase.DefaultFile);
        Assert.Equal(["small-store", "small-invert", "small-invert64", "small-256"], small.Select(one => one.Name));
        Assert.Equal(
            ["glow-store", "glow-invert", "glow-invert64", "glow-256"], BenchCase.Read(large).Select(one => one.Name));
        Assert.Empty(small[0].Environment);
        Assert.Equal("0", small[3].Environment["DOTNET_EnableAVX512"]);
        Assert.Equal(small[0].Arguments, small[3].Arguments);
        Assert.Equal("--levels", BenchCase.Read(large)[0].Arguments[0]);
    }

    [Fact]
    public void Run_measures_in_turn_and_catches_the_slower_build()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the stand-in for flow is a shell script");
        string[] before = ["0.100", "0.103", "0.098", "0.101", "0.099", "0.102"];
        string[] after = ["0.121", "0.119", "0.123", "0.118", "0.122", "0.120"];
        string cases = _folder.File("cases.txt");
        File.WriteAllText(cases, "# a comment\n\nfirst: --steps 1\n");
        string[] common = ["--cases", cases, "--rounds", "6", "--reports", _folder.File("reports")];

        (int code, string output, _) =
            Run(["run", "--base", FakeFlow("a", before), "--head", FakeFlow("b", after), .. common]);
        Assert.Equal(1, code);
        Assert.Equal(4, output.Split('\n').Count(line => line.Contains("| slower", StringComparison.Ordinal)));
        string order = string.Concat(File.ReadAllLines(_folder.File("calls")).Select(line => line[0]));
        Assert.Equal("abbaabbaabba", order);
        Assert.All(
            File.ReadAllLines(_folder.File("calls")), line => Assert.Equal("bench --steps 1 --json", line[2..]));

        Series latency = Report.Read(Path.Combine(_folder.File("reports"), "head.json"))
            .Single(series => series.Benchmark == "first/log-prob of one");
        Assert.False(latency.HigherIsBetter);
        Assert.Equal([0.121, 0.119, 0.123, 0.118, 0.122, 0.120], latency.Values);

        (code, output, _) = Run(["run", "--base", FakeFlow("a", after), "--head", FakeFlow("b", before), .. common]);
        Assert.Equal(0, code);
        Assert.Equal(4, output.Split('\n').Count(line => line.Contains("| faster", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_case_sets_variables_of_the_environment()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the stand-in for flow is a shell script");
        string cases = _folder.File("cases.txt");
        File.WriteAllText(cases, "narrow: DOTNET_EnableAVX512=0 OTHER=a=b --steps 1\n");
        string flow = Script("flow", $$"""
            echo "$DOTNET_EnableAVX512 $OTHER $*" >> '{{_folder.File("calls")}}'
            echo '{"train_images_per_s": 1, "log_prob_images_per_s": 1,'
            echo ' "log_prob_latency_b1_s": 1, "sample_images_per_s": 1}'
            """);
        (int code, _, _) = Run(["run", "--base", flow, "--head", flow, "--cases", cases, "--rounds", "5"]);
        Assert.Equal(0, code);
        Assert.All(
            File.ReadAllLines(_folder.File("calls")), line => Assert.Equal("0 a=b bench --steps 1 --json", line));

        File.WriteAllText(cases, "narrow: OTHER=a OTHER=b --steps 1\n");
        AssertRefused("run", "--base", flow, "--head", flow, "--cases", cases);
    }

    [Theory]
    [InlineData("exit 3")]
    [InlineData("echo nonsense")]
    [InlineData("echo '{\"train_images_per_s\": 1}'")]
    [InlineData("echo '{\"train_images_per_s\": \"fast\"}'")]
    public void A_build_that_does_not_measure_is_one_line_and_exit_code_2(string body)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the stand-in for flow is a shell script");
        AssertRefused("run", "--base", Script("a", body), "--head", Script("b", body));
    }

    /// <summary>A stand-in for flow whose n-th call takes the n-th time.</summary>
    private string FakeFlow(string name, params string[] seconds)
    {
        string counter = _folder.File($"{name}.calls");
        File.WriteAllText(counter, string.Empty);
        return Script(name, $$"""
            echo x >> '{{counter}}'
            echo "{{name}} $*" >> '{{_folder.File("calls")}}'
            n=$(wc -l < '{{counter}}')
            time=$(echo '{{string.Join(' ', seconds)}}' | cut -d ' ' -f $((n)))
            rate=$(awk "BEGIN { print 1 / $time }")
            echo "{\"train_images_per_s\": $rate, \"log_prob_images_per_s\": $rate,"
            echo " \"log_prob_latency_b1_s\": $time, \"sample_images_per_s\": $rate, \"machine\": \"none\"}"
            """);
    }

    private string Script(string name, string body)
    {
        string path = _folder.File(name);
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    private static void AssertRefused(params string[] args)
    {
        (int code, string output, string error) = Run(args);
        Assert.Equal(2, code);
        Assert.Equal(string.Empty, output);
        string message = error.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Single(line => !line.Contains(": round ", StringComparison.Ordinal));
        Assert.StartsWith("compare: ", message, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" };
        using StringWriter error = new() { NewLine = "\n" };
        int code = CompareCommand.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
