using FlowEngine.KernelCompiler;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using Xunit;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>What the generator does again after an edit, and what it says of PTX.</summary>
public sealed class IncrementalTests
{
    private const string Kernels = """
        namespace Sample;

        public static partial class K
        {
            [Kernel(32)]
            private static void Run(GlobalView<int> y) => y[0] = Device.Twice(3);
        }
        """;

    private const string Device =
        "namespace Sample; internal static class Device { public static int Twice(int x) => 2 * x; }";

    private const string Unrelated =
        "namespace Sample; internal static class Other { public static int Thrice(int x) => 3 * x; }";

    [Fact]
    public void Edit_of_an_unrelated_body_translates_nothing_again() =>
        Assert.Equal(IncrementalStepRunReason.Cached, Edit(2, Unrelated.Replace("3 * x", "x + x + x", StringComparison.Ordinal)));

    [Fact]
    public void Edit_of_a_kernel_translates_it_again() =>
        Assert.Equal(IncrementalStepRunReason.Modified, Edit(0, Kernels.Replace("y[0]", "y[1]", StringComparison.Ordinal)));

    [Fact]
    public void Edit_of_a_device_function_in_another_file_translates_its_kernels_again() =>
        Assert.Equal(IncrementalStepRunReason.Modified, Edit(1, Device.Replace("2 * x", "x + x", StringComparison.Ordinal)));

    [Fact]
    public void Edit_of_a_declaration_translates_again_and_changes_nothing() =>
        Assert.Equal(IncrementalStepRunReason.Unchanged, Edit(2, Unrelated.Replace("Thrice", "Threefold", StringComparison.Ordinal)));

    [Fact]
    public void Generated_code_compiles()
    {
        KernelCompilation.Driver().RunGeneratorsAndUpdateCompilation(
            KernelCompilation.Of(Kernels, Device), out Compilation output, out _, TestContext.Current.CancellationToken);
        Assert.Empty(output.GetDiagnostics(TestContext.Current.CancellationToken).Where(d => d.Severity >= DiagnosticSeverity.Warning));
    }

    [Theory]
    [InlineData("K.sm_80.ptx", "// flowengine-sha256: 0123", 1)]
    [InlineData("K.sm_80.ptx", "//", 1)]
    [InlineData("Other.sm_80.ptx", "// flowengine-sha256: 0123", 0)]
    [InlineData("K.sm_80.ptx", null, 0)]
    public void Stale_ptx_is_a_warning_at_the_kernel(string name, string? firstLine, int warnings)
    {
        TranslatedModule module = KernelCompilation.Translate("Sample.K", Kernels, Device);
        var file = new Text("/ptx/" + name, (firstLine ?? $"// flowengine-sha256: {module.Hash}") + "\n.version 7.5\n");
        GeneratorDriverRunResult result = KernelCompilation.Driver(file)
            .RunGenerators(KernelCompilation.Of(Kernels, Device), TestContext.Current.CancellationToken)
            .GetRunResult();
        Assert.Equal(warnings, result.Diagnostics.Length);
        Assert.All(result.Diagnostics, d => Assert.Equal(
            ("FLOWK018", DiagnosticSeverity.Warning, 5), (d.Id, d.Severity, d.Location.GetLineSpan().StartLinePosition.Line)));
    }

    private static IncrementalStepRunReason Edit(int file, string text)
    {
        CSharpCompilation before = KernelCompilation.Of(Kernels, Device, Unrelated);
        SyntaxTree tree = before.SyntaxTrees[file];
        CSharpCompilation after = before.ReplaceSyntaxTree(tree, tree.WithChangedText(SourceText.From(text)));
        GeneratorDriverRunResult result = KernelCompilation.Driver().RunGenerators(before).RunGenerators(after).GetRunResult();
        return result.Results[0].TrackedSteps[KernelGenerator.TranslateStep][0].Outputs[0].Reason;
    }

    private sealed class Text(string path, string text) : AdditionalText
    {
        public override string Path { get; } = path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }
}
