namespace FlowEngine.Fuzz;

/// <summary>Every reader by name.</summary>
internal static class Targets
{
    private static readonly (string Name, Func<string, Target> Create)[] _all =
    [
        ("safetensors", name => new SafetensorsTarget(name)),
        ("checkpoint", name => new CheckpointTarget(name)),
        ("training-state", name => new TrainingStateTarget(name)),
        ("rosinality", name => new RosinalityTarget(name)),
        ("foreign", name => new ForeignTarget(name)),
        ("description", name => new DescriptionTarget(name)),
        ("config", name => new ConfigTarget(name)),
        ("schema", name => new SchemaTarget(name)),
        ("run-config", name => new RunConfigTarget(name)),
        ("metrics", name => new MetricsTarget(name)),
        ("npy", name => new NpyTarget(name)),
        ("npz", name => new NpzTarget(name)),
        ("idx", name => new IdxTarget(name)),
        ("idx-gz", name => new GzipTarget(name, new IdxTarget(name))),
        ("cifar", name => new CifarTarget(name)),
        ("png", name => new PngTarget(name)),
        ("pnm", name => new PnmTarget(name)),
        ("picture", name => new PictureTarget(name)),
        ("picture-zip", name => new PictureArchiveTarget(name, isZip: true)),
        ("picture-tar", name => new PictureArchiveTarget(name, isZip: false)),
        ("prepared", name => new PreparedTarget(name)),
        ("csv", name => new CsvTarget(name)),
        ("csv-gz", name => new GzipTarget(name, new CsvTarget(name))),
        ("compressed", name => new CompressedTarget(name)),
    ];

    /// <summary>The names.</summary>
    public static IEnumerable<string> Names => _all.Select(one => one.Name);

    /// <summary>A reader.</summary>
    /// <param name="name">Its name.</param>
    public static Target Create(string name) => _all.First(one => one.Name == name).Create(name);
}
