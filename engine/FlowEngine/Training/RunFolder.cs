using System.Globalization;
using System.Text;

using FlowEngine.Data;

namespace FlowEngine.Training;

/// <summary>The folder of a training run: its configuration, metrics, checkpoints, sample grids and report.</summary>
public sealed class RunFolder
{
    private RunFolder(string path) => Root = path;

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>The configuration: see <see cref="RunConfig"/>.</summary>
    public string ConfigFile => Path.Combine(Root, "config.json");

    /// <summary>One JSON object a line: see <see cref="RunMetrics"/>.</summary>
    public string MetricsFile => Path.Combine(Root, "metrics.jsonl");

    /// <summary>The model for use.</summary>
    public string CheckpointFile => Path.Combine(Root, Checkpoints.CheckpointFile.NameInRun);

    /// <summary>What resume needs.</summary>
    public string StateFile => Path.Combine(Root, "training.safetensors");

    /// <summary>Curves, samples and configuration in one self-contained page.</summary>
    public string ReportFile => Path.Combine(Root, "report.html");

    /// <summary>The sample grids, oldest first, the final one last.</summary>
    public IReadOnlyList<string> SampleFiles =>
        Directory.Exists(SamplesFolder)
            ? [.. Directory.GetFiles(SamplesFolder, "*.png").Order(StringComparer.Ordinal)]
            : [];

    private string SamplesFolder => Path.Combine(Root, "samples");

    /// <summary>Checks that a folder is free for a new run, and creates nothing.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="FlowException">There is something in it, or at its path.</exception>
    public static void RequireFree(string path)
    {
        Guard(path, () =>
        {
            if (File.Exists(path))
            {
                throw new FlowException(FlowErrorKind.Io, $"{path}: is a file, expected the folder of a run");
            }

            if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any() && !IsOfNoRun(path))
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"{path}: the run folder exists and is not empty; resume the run, or choose another folder");
            }
        });
    }

    /// <summary>Creates the folder of a new run.</summary>
    /// <param name="path">The folder; missing or empty, or left by a run that ended before its first checkpoint.</param>
    /// <exception cref="FlowException">There is something in it, or it cannot be created.</exception>
    public static RunFolder Create(string path)
    {
        RequireFree(path);
        RunFolder folder = new(path);
        Guard(path, () => Directory.CreateDirectory(folder.SamplesFolder));
        return folder;
    }

    /// <summary>The folder of a run that another rank has made or is about to.</summary>
    internal static RunFolder OfOtherRank(string path) => new(path);

    /// <summary>The folder of a run that is there.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: it holds no run.</exception>
    public static RunFolder Open(string path)
    {
        RunFolder folder = new(path);
        return File.Exists(folder.ConfigFile) ? folder : throw new FlowException(
            FlowErrorKind.Io,
            Directory.Exists(path) && IsOfNoRun(path)
                ? $"{path}: the run ended before its first checkpoint: start it anew as it was started (flow train --out {path})"
                : $"{path}: no run is there, expected a folder with config.json");
    }

    /// <summary>The sample grid of a moment.</summary>
    /// <param name="samples">Samples seen; null for the end of the run.</param>
    public string SampleFile(long? samples) => Path.Combine(
        SamplesFolder, $"{samples?.ToString("D8", CultureInfo.InvariantCulture) ?? "final"}.png");

    /// <summary>Writes the configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <exception cref="FlowException">It cannot be written.</exception>
    public void WriteConfig(RunConfig config) =>
        AtomicFile.Write(ConfigFile, stream => stream.Write(Encoding.UTF8.GetBytes(config.ToJson())));

    /// <summary>Reads the configuration.</summary>
    /// <exception cref="FlowException">It is missing or damaged.</exception>
    public RunConfig ReadConfig() => RunConfig.Parse(Guard(ConfigFile, () => File.ReadAllText(ConfigFile)), ConfigFile);

    /// <summary>Adds a line to the metrics.</summary>
    /// <param name="metrics">The line.</param>
    /// <exception cref="FlowException">It cannot be written.</exception>
    public void Append(RunMetrics metrics) =>
        Guard(MetricsFile, () => File.AppendAllText(MetricsFile, metrics.ToJson() + "\n"));

    /// <summary>The lines of the metrics, up to the first that does not read.</summary>
    /// <exception cref="FlowException">They cannot be read.</exception>
    public IReadOnlyList<RunMetrics> ReadMetrics()
    {
        if (!File.Exists(MetricsFile))
        {
            return [];
        }

        string[] lines = Guard(MetricsFile, () => File.ReadAllLines(MetricsFile));
        return [.. lines.Select(RunMetrics.TryParse).TakeWhile(line => line is not null).Select(line => line!)];
    }

    /// <summary>Forgets what came after a position: its updates are made again.</summary>
    /// <param name="samples">Samples seen at that position.</param>
    /// <returns>The lines that stay.</returns>
    /// <exception cref="FlowException">They cannot be read or written.</exception>
    public IReadOnlyList<RunMetrics> CutMetrics(long samples)
    {
        RunMetrics[] kept = [.. ReadMetrics().Where(metrics => metrics.Samples <= samples)];
        string text = string.Concat(kept.Select(metrics => metrics.ToJson() + "\n"));
        AtomicFile.Write(MetricsFile, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
        return kept;
    }

    /// <summary>Writes a sample grid.</summary>
    /// <param name="samples">Samples seen; null for the end of the run.</param>
    /// <param name="grid">The picture.</param>
    /// <exception cref="FlowException">It cannot be written.</exception>
    public void WriteSample(long? samples, Image grid)
    {
        Guard(SamplesFolder, () => Directory.CreateDirectory(SamplesFolder));
        AtomicFile.Write(SampleFile(samples), stream => stream.Write(PngImage.Encode(grid)));
    }

    /// <summary>Takes the folder for this process, and removes what a killed one left of files it was writing.</summary>
    /// <returns>What gives the folder back.</returns>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: another process trains in it.</exception>
    internal RunLock Take()
    {
        RunLock taken = RunLock.Take(Root);
        AtomicFile.RemoveLeftovers(Root, name: null);
        AtomicFile.RemoveLeftovers(SamplesFolder, name: null);
        return taken;
    }

    /// <summary>True if a run began there and ended before its first checkpoint: the configuration is written last.</summary>
    private static bool IsOfNoRun(string path)
    {
        RunFolder folder = new(path);
        bool isCreated = Directory.Exists(folder.SamplesFolder)
            && Directory.GetFileSystemEntries(path).Length == 1 && Directory.GetFileSystemEntries(folder.SamplesFolder).Length == 0;
        return (isCreated || File.Exists(RunLock.FileIn(path)))
            && !File.Exists(folder.ConfigFile) && !File.Exists(folder.MetricsFile) && folder.SampleFiles.Count == 0;
    }

    private static void Guard(string path, Action action) => Guard(path, () =>
    {
        action();
        return true;
    });

    private static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            or ArgumentException or NotSupportedException)
        {
            throw new FlowException(FlowErrorKind.Io, $"{path}: {exception.Message}", exception);
        }
    }
}
