using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;

namespace FlowEngine.KernelCompiler;

/// <summary>A module to translate. Two are equal if their translations must be.</summary>
/// <remarks>
/// What must be translated in a run is translated at once, on all cores: in a build that is every module. What this
/// process has translated before is not, since the driver will not ask for it.
/// </remarks>
internal sealed class ModuleInput : IEquatable<ModuleInput>
{
    private static readonly ConcurrentDictionary<string, string> _known = new();

    private readonly string _name;
    private readonly string _fingerprint;

    // Weak, so that the driver's memory of this step does not keep a whole old compilation alive. It is read in the run
    // that made it only: an equal input of a later run is not translated.
    private readonly WeakReference<Compilation> _compilation;
    private readonly Lazy<TranslatedModule> _translation;
    private readonly bool _isNew;
    private IReadOnlyList<ModuleInput> _ofRun = [];
    private CancellationToken _cancellation;

    private ModuleInput(string name, string fingerprint, Compilation compilation)
    {
        _name = name;
        _fingerprint = fingerprint;
        _compilation = new WeakReference<Compilation>(compilation);
        _translation = new Lazy<TranslatedModule>(TranslateNow);
        _isNew = !_known.TryGetValue(Key(name, compilation), out string? known) || known != fingerprint;
    }

    public static IEnumerable<ModuleInput> Of(
        EquatableArray<string> names, Compilation compilation, CancellationToken cancellation)
    {
        if (names.Count == 0)
        {
            return [];
        }

        var source = new SourceFingerprint(compilation, cancellation);
        ModuleInput[] inputs = [.. names.Select(
            name => new ModuleInput(name, source.Of(compilation.GetTypeByMetadataName(name)!), compilation))];
        foreach (ModuleInput input in inputs)
        {
            input._ofRun = inputs;
        }

        return inputs;
    }

    public TranslatedModule Translate(CancellationToken cancellation)
    {
        if (!_translation.IsValueCreated)
        {
            foreach (ModuleInput input in _ofRun)
            {
                input._cancellation = cancellation;
            }

            try
            {
                Parallel.ForEach(_ofRun.Where(input => input._isNew), input => _ = input._translation.Value);
            }
            catch (AggregateException)
            {
                // The driver knows a run that was canceled by its own exception.
                cancellation.ThrowIfCancellationRequested();
                throw;
            }
        }

        return _translation.Value;
    }

    public bool Equals(ModuleInput? other) =>
        other is not null && _name == other._name && _fingerprint == other._fingerprint;

    public override bool Equals(object? obj) => Equals(obj as ModuleInput);

    public override int GetHashCode() => _fingerprint.GetHashCode();

    private static string Key(string name, Compilation compilation) => $"{compilation.AssemblyName}/{name}";

    private TranslatedModule TranslateNow()
    {
        if (!_compilation.TryGetTarget(out Compilation? compilation))
        {
            throw new InvalidOperationException($"{_name}: the compilation is gone before its kernels were translated");
        }

        INamedTypeSymbol type = compilation.GetTypeByMetadataName(_name)!;
        TranslatedModule module = ModuleTranslator.Translate(compilation, type, _cancellation);
        _known[Key(_name, compilation)] = _fingerprint;
        return module;
    }
}
