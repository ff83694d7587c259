using System.Diagnostics;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;
using Microsoft.Extensions.Logging;

namespace FlowEngine.Extensions;

/// <summary>The models of an application on one device, each loaded when it is first asked for. Threads may share it.</summary>
public sealed partial class FlowModels : IDisposable
{
    private readonly FlowEngineOptions _options;
    private readonly ILogger _logger;
    private readonly Dictionary<string, Model> _loaded = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private IBackend? _backend;
    private bool _isDisposed;

    /// <summary>Loads nothing yet.</summary>
    /// <param name="options">The models.</param>
    /// <param name="logger">Told of every model that is loaded, and of what failed.</param>
    public FlowModels(FlowEngineOptions options, ILogger logger)
    {
        _options = options;
        _logger = logger;
    }

    /// <summary>A model.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="FlowException">There is no such model, its checkpoint is missing or damaged, or there is no such
    /// device.</exception>
    /// <exception cref="ObjectDisposedException">The models are disposed.</exception>
    public Model this[string name]
    {
        get
        {
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                if (!_loaded.TryGetValue(name, out Model? model))
                {
                    model = Load(name);
                    _loaded.Add(name, model);
                }

                return model;
            }
        }
    }

    /// <summary>Releases the models and the device.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            foreach (Model model in _loaded.Values)
            {
                model.Dispose();
            }

            _loaded.Clear();
            _backend?.Dispose();
            _backend = null;
        }
    }

    private Model Load(string name)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            string path = _options.Models.TryGetValue(name, out string? known)
                ? known
                : throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"there is no model {name}; expected {(_options.Models.Count == 0 ? "one that AddModel named" : string.Join(", ", _options.Models.Keys))}");
            _backend ??= Devices.Open(_options.Device, _options.Threads);
            Model model = Model.Load(path, _backend);
            double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            LogLoaded(name, path, model.Config.Options.Kind.Name, model.Flow.Dims, _options.Device, milliseconds);
            return model;
        }
        catch (FlowException e)
        {
            LogFailed(e, name);
            throw;
        }
    }

    [LoggerMessage(
        EventId = 1,
        Level = LogLevel.Information,
        Message = "Model {Name} of {Path} is loaded: {Kind} of {Dims} dimensions on {Device}, {Milliseconds:F1} ms")]
    private partial void LogLoaded(string name, string path, string kind, int dims, string device, double milliseconds);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Model {Name} cannot be loaded")]
    private partial void LogFailed(Exception exception, string name);
}
