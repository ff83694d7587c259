using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace FlowEngine.KernelCompiler;

/// <summary>
/// Translates the kernels of a compilation into a C text, launchers and the form that the emulator runs.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class KernelGenerator : IIncrementalGenerator
{
    /// <summary>The step that finds the classes with kernels.</summary>
    public const string FindStep = "FindModules";

    /// <summary>The step that tells whether anything a module is made of has changed.</summary>
    public const string FingerprintStep = "FingerprintModules";

    /// <summary>The step that translates.</summary>
    public const string TranslateStep = "TranslateModules";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValueProvider<EquatableArray<string>> classes = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                DeviceApi.KernelAttribute,
                static (node, _) => node is MethodDeclarationSyntax,
                static (match, _) => MetadataName(match.TargetSymbol.ContainingType))
            .Collect()
            .Select(static (names, _) => new EquatableArray<string>([.. names.Distinct().OrderBy(n => n, StringComparer.Ordinal)]))
            .WithTrackingName(FindStep);

        // The fingerprint is made anew for each edit; the translation only where it has changed.
        IncrementalValuesProvider<TranslatedModule> modules = classes
            .Combine(context.CompilationProvider)
            .SelectMany(static (pair, cancellation) => ModuleInput.Of(pair.Left, pair.Right, cancellation))
            .WithTrackingName(FingerprintStep)
            .Select(static (input, cancellation) => input.Translate(cancellation))
            .WithTrackingName(TranslateStep);
        context.RegisterSourceOutput(modules, static (output, module) =>
        {
            foreach (DiagnosticRecord diagnostic in module.Diagnostics)
            {
                output.ReportDiagnostic(diagnostic.ToDiagnostic());
            }

            if (module.Source.Length > 0)
            {
                output.AddSource(module.FullName + ".g.cs", SourceText.From(module.Source, Encoding.UTF8));
            }
        });

        IncrementalValueProvider<EquatableArray<PtxFile>> ptx = context.AdditionalTextsProvider
            .Where(static file => file.Path.EndsWith(".ptx", StringComparison.Ordinal))
            .Select(static (file, cancellation) => PtxFile.Read(file, cancellation))
            .Collect()
            .Select(static (files, _) => new EquatableArray<PtxFile>([.. files]));
        context.RegisterSourceOutput(modules.Combine(ptx), static (output, pair) =>
        {
            foreach (PtxFile file in pair.Right.Where(f => f.Module == pair.Left.Name && pair.Left.Hash.Length > 0))
            {
                if (file.Hash != pair.Left.Hash)
                {
                    output.ReportDiagnostic(
                        Diagnostic.Create(Rules.StalePtx, pair.Left.Place.ToLocation(), pair.Left.Name));
                }
            }
        });
    }

    private static string MetadataName(INamedTypeSymbol type)
    {
        string name = type.MetadataName;
        for (INamedTypeSymbol? outer = type.ContainingType; outer is not null; outer = outer.ContainingType)
        {
            name = $"{outer.MetadataName}+{name}";
        }

        return type.ContainingNamespace.IsGlobalNamespace ? name : $"{type.ContainingNamespace.ToDisplayString()}.{name}";
    }
}
