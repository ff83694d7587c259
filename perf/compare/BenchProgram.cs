using System.Diagnostics;
using System.Text.Json;

namespace FlowEngine.Compare;

/// <summary>The <c>flow</c> command of one build.</summary>
internal sealed class BenchProgram
{
    private static readonly (string Key, string Name, string Unit, bool HigherIsBetter)[] _measures =
    [
        ("train_images_per_s", "train", "images/s", true),
        ("log_prob_images_per_s", "log-prob", "images/s", true),
        ("log_prob_latency_b1_s", "log-prob of one", "s", false),
        ("sample_images_per_s", "sample", "images/s", true),
    ];

    private readonly string _path;

    private BenchProgram(string path) => _path = path;

    /// <summary>Finds the command of a build.</summary>
    /// <param name="build">The command, the folder it is in, or the root of a repository that was built.</param>
    /// <exception cref="CompareException">There is none.</exception>
    public static BenchProgram Find(string build)
    {
        string name = OperatingSystem.IsWindows() ? "flow.exe" : "flow";
        string[] candidates =
        [
            build, Path.Combine(build, name), Path.Combine(build, "bindings/cli/bin/Release/net10.0", name),
        ];
        return candidates.FirstOrDefault(File.Exists) is string path
            ? new BenchProgram(Path.GetFullPath(path))
            : throw new CompareException($"{build} holds no {name}: build bindings/cli there in Release");
    }

    /// <summary>Runs <c>flow bench</c> once.</summary>
    /// <returns>One series of one value for each measure.</returns>
    /// <exception cref="CompareException">It did not run, failed, or printed something else.</exception>
    public IEnumerable<Series> Run(BenchCase benchCase)
    {
        string output = Output(["bench", .. benchCase.Arguments, "--json"], benchCase.Environment);
        Dictionary<string, JsonElement>? report;
        try
        {
            report = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(output);
        }
        catch (JsonException exception)
        {
            throw new CompareException($"{_path} bench printed no JSON object: {exception.Message}", exception);
        }

        foreach ((string key, string name, string unit, bool higherIsBetter) in _measures)
        {
            if (report?.TryGetValue(key, out JsonElement element) is not true
                || element.ValueKind != JsonValueKind.Number)
            {
                throw new CompareException($"{_path} bench printed no number {key}");
            }

            double value = element.GetDouble();
            Report.RequirePositive($"{key} of {_path}", value);
            yield return new Series($"{benchCase.Name}/{name}", unit, higherIsBetter, [value]);
        }
    }

    private string Output(IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        ProcessStartInfo start = new(_path, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0
                ? output
                : throw new CompareException($"{_path} bench ended with {process.ExitCode}: {errors.Result.Trim()}");
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new CompareException($"{_path} does not start: {exception.Message}", exception);
        }
    }
}
