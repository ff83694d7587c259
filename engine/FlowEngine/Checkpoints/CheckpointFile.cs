using System.Globalization;

namespace FlowEngine.Checkpoints;

/// <summary>A FlowEngine checkpoint: a safetensors file that says its version, configuration and checksum.</summary>
/// <remarks>
/// The metadata keys are <c>format_version</c>, <c>config</c> (JSON, not looked into here) and <c>sha256</c>, the
/// SHA-256 of everything after the header in lower-case hexadecimal. A model and the state of a training run are
/// both stored so; they differ in their tensors.
/// </remarks>
public sealed class CheckpointFile
{
    /// <summary>The version this library writes and the newest it reads.</summary>
    public const int FormatVersion = 1;

    /// <summary>The name of the model's checkpoint in the folder of a run.</summary>
    internal const string NameInRun = "checkpoint.safetensors";

    private const string VersionKey = "format_version";
    private const string ConfigKey = "config";
    private const string ChecksumKey = "sha256";

    /// <summary>A checkpoint that no file holds yet.</summary>
    /// <param name="tensors">The tensors, of different names.</param>
    /// <param name="config">The configuration.</param>
    internal CheckpointFile(IEnumerable<NamedTensor> tensors, string config)
    {
        Tensors = tensors.ToDictionary(tensor => tensor.Name);
        Config = config;
    }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, NamedTensor> Tensors { get; }

    /// <summary>The configuration, as the JSON text that was saved.</summary>
    public string Config { get; }

    /// <summary>Writes a checkpoint, atomically: readers and crashes see the old file or the new.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="tensors">The tensors, of different names.</param>
    /// <param name="configJson">The configuration.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: it cannot be written;
    /// <see cref="FlowErrorKind.InvalidArgument"/>: a name occurs twice.</exception>
    public static void Save(string path, IReadOnlyCollection<NamedTensor> tensors, string configJson)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        NamedTensor[] ordered = SafetensorsFile.InStorageOrder(tensors);
        SafetensorsFile.Write(path, ordered, Metadata(ordered, configJson));
    }

    /// <summary>Writes a checkpoint to a stream, whose own errors pass through.</summary>
    /// <param name="stream">Where to write, from its position on.</param>
    /// <param name="tensors">The tensors, of different names.</param>
    /// <param name="configJson">The configuration.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: a name occurs twice.</exception>
    public static void Save(Stream stream, IReadOnlyCollection<NamedTensor> tensors, string configJson)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        NamedTensor[] ordered = SafetensorsFile.InStorageOrder(tensors);
        SafetensorsFile.Write(stream, ordered, Metadata(ordered, configJson));
    }

    /// <summary>
    /// The model of the 8x8 digits that travels with the library: a path of this name stands for it where no file and no folder
    /// has it.
    /// </summary>
    public const string BuiltIn = "digits";

    /// <summary>The file of a checkpoint, which a path names or, as the folder of a training run, holds.</summary>
    /// <param name="path">The file or the folder.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: the folder holds no checkpoint.</exception>
    public static string Resolve(string path)
    {
        if (!Directory.Exists(path))
        {
            return path;
        }

        string file = Path.Combine(path, NameInRun);
        return File.Exists(file) ? file : throw new FlowException(
            FlowErrorKind.Io,
            $"{path}: is a folder without {NameInRun}, expected a checkpoint or the folder of a run that has written one");
    }

    /// <summary>Reads a checkpoint and verifies its checksum where it has one.</summary>
    /// <param name="path">The file, the folder of a run, or <see cref="BuiltIn"/>.</param>
    /// <returns>The checkpoint, in memory.</returns>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: missing or unreadable;
    /// <see cref="FlowErrorKind.BadFormat"/>: damaged, foreign or newer than this library.</exception>
    public static CheckpointFile Load(string path)
    {
        if (path != BuiltIn || Path.Exists(path))
        {
            return Open(SafetensorsFile.Read(Resolve(path)));
        }

        using Stream resource = typeof(CheckpointFile).Assembly.GetManifestResourceStream("FlowEngine.Checkpoints.digits.safetensors")
            ?? throw new InvalidOperationException("the built-in model is missing from the assembly");
        return Open(SafetensorsFile.Read(resource, BuiltIn));
    }

    /// <summary>Checks that a safetensors file is a checkpoint; for files that come from a stream or memory.</summary>
    /// <param name="file">The file.</param>
    /// <returns>The checkpoint; it shares the file's tensors.</returns>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.BadFormat"/>: damaged, foreign or newer.</exception>
    public static CheckpointFile Open(SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        CheckVersion(file);
        if (!file.Metadata.TryGetValue(ConfigKey, out string? config))
        {
            throw Bad(file, "a checkpoint without its configuration");
        }

        if (file.Metadata.TryGetValue(ChecksumKey, out string? checksum) &&
            !checksum.Equals(Sha256.OfTensors(file.Tensors), StringComparison.OrdinalIgnoreCase))
        {
            throw Bad(file, "the checksum does not match: the file is damaged");
        }

        return new CheckpointFile(file.Tensors, config);
    }

    private static Dictionary<string, string> Metadata(NamedTensor[] ordered, string configJson)
    {
        ArgumentNullException.ThrowIfNull(configJson);
        return new Dictionary<string, string>
        {
            [VersionKey] = FormatVersion.ToString(CultureInfo.InvariantCulture),
            [ConfigKey] = configJson,
            [ChecksumKey] = Sha256.OfTensors(ordered),
        };
    }

    private static void CheckVersion(SafetensorsFile file)
    {
        if (!file.Metadata.TryGetValue(VersionKey, out string? text))
        {
            throw Bad(file, "a safetensors file, but not a FlowEngine checkpoint; flow import can convert some");
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int version) || version < 1)
        {
            throw Bad(file, $"format_version {NamedTensor.Quote(text)} is not a version");
        }

        if (version > FormatVersion)
        {
            throw Bad(file, $"written by a newer version (format {version}; this one reads up to {FormatVersion})");
        }
    }

    private static FlowException Bad(SafetensorsFile file, string message) =>
        new(FlowErrorKind.BadFormat, $"{file.Name}: {message}");
}
