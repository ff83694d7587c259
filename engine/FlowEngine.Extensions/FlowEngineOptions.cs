namespace FlowEngine.Extensions;

/// <summary>The models of an application, and where they run.</summary>
public sealed class FlowEngineOptions
{
    private readonly Dictionary<string, string> _models = new(StringComparer.Ordinal);

    /// <summary>The device: a name of <see cref="FlowEngine.Execution.Devices.Names"/>, or <c>auto</c> for the CPU.</summary>
    public string Device { get; set; } = "auto";

    /// <summary>Threads of the CPU; 0 for one per core.</summary>
    public int Threads { get; set; }

    /// <summary>The paths of the checkpoints, by the names of the models.</summary>
    public IReadOnlyDictionary<string, string> Models => _models;

    /// <summary>The model that is injected without a name: the first that was added, or null.</summary>
    internal string? First { get; private set; }

    /// <summary>Adds a model, which is loaded when it is first asked for.</summary>
    /// <param name="name">Its name, the key it is injected by.</param>
    /// <param name="path">Its checkpoint.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: there is a model of that name.</exception>
    public FlowEngineOptions AddModel(string name, string path)
    {
        if (!_models.TryAdd(name, path))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"model {name} was added twice: {_models[name]} and {path}; expected one of a name");
        }

        First ??= name;
        return this;
    }
}
