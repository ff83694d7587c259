using Microsoft.CodeAnalysis;

namespace FlowEngine.KernelCompiler;

/// <summary>Collects what is wrong with a module, each thing once.</summary>
internal sealed class DiagnosticBag
{
    private readonly HashSet<DiagnosticRecord> _seen = [];
    private readonly List<DiagnosticRecord> _records = [];

    public bool Any => _records.Count > 0;

    /// <summary>In the order of files and places.</summary>
    public EquatableArray<DiagnosticRecord> Sorted() =>
        new([.. _records.OrderBy(r => r.Place.Path, StringComparer.Ordinal).ThenBy(r => r.Place.Span.Start).ThenBy(r => r.Rule.Id)]);

    public void Report(DiagnosticDescriptor rule, SyntaxNode node, params string[] arguments) =>
        Report(rule, node.GetLocation(), arguments);

    public void Report(DiagnosticDescriptor rule, Location location, params string[] arguments)
    {
        var record = new DiagnosticRecord(rule, DiagnosticPlace.Of(location), new EquatableArray<string>(arguments));
        if (_seen.Add(record))
        {
            _records.Add(record);
        }
    }
}
