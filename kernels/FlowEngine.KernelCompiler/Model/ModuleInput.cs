using Microsoft.CodeAnalysis;

namespace FlowEngine.KernelCompiler;

/// <summary>A module to translate. Two are equal if their translations must be.</summary>
internal sealed class ModuleInput : IEquatable<ModuleInput>
{
    private readonly string _name;
    private readonly string _fingerprint;

    // Weak, so that the driver's memory of this step does not keep a whole old compilation alive. It is read in the run
    // that made it only: an equal input of a later run is not translated.
    private readonly WeakReference<Compilation> _compilation;

    private ModuleInput(string name, string fingerprint, Compilation compilation)
    {
        _name = name;
        _fingerprint = fingerprint;
        _compilation = new WeakReference<Compilation>(compilation);
    }

    public static IEnumerable<ModuleInput> Of(
        EquatableArray<string> names, Compilation compilation, CancellationToken cancellation)
    {
        if (names.Count == 0)
        {
            return [];
        }

        var source = new SourceFingerprint(compilation, cancellation);
        return [.. names.Select(name => new ModuleInput(name, source.Of(compilation.GetTypeByMetadataName(name)!), compilation))];
    }

    public TranslatedModule Translate(CancellationToken cancellation)
    {
        if (!_compilation.TryGetTarget(out Compilation? compilation))
        {
            throw new InvalidOperationException($"{_name}: the compilation is gone before its kernels were translated");
        }

        return ModuleTranslator.Translate(compilation, compilation.GetTypeByMetadataName(_name)!, cancellation);
    }

    public bool Equals(ModuleInput? other) =>
        other is not null && _name == other._name && _fingerprint == other._fingerprint;

    public override bool Equals(object? obj) => Equals(obj as ModuleInput);

    public override int GetHashCode() => _fingerprint.GetHashCode();
}
