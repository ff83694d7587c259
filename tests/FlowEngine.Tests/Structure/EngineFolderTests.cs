using FlowEngine.Tests.KernelCompiler;
using Xunit;

namespace FlowEngine.Tests.Structure;

/// <summary>Folders of the engine depend in one direction.</summary>
public sealed class EngineFolderTests
{
    // Each uses those before it, and no other.
    private static readonly string[] _order =
    [
        "Telemetry", "Tensors", "Settings", "Ranks", "Layers", "Priors", "Architecture", "Data", "Drawing", "Execution", "Checkpoints", "Models",
        "Interop", "Likelihood", "Anomalies", "Training", "Latents", "Compression",
    ];

    [Fact]
    public void Folders_depend_in_one_direction()
    {
        string folder = ProjectFolder.Path("engine", "FlowEngine");
        FolderDependencies found = FolderDependencies.Of("FlowEngine", Directory
            .EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: Path.GetRelativePath(folder, path).Replace('\\', '/'), Full: path))
            .Where(file => !file.Path.StartsWith("obj/", StringComparison.Ordinal)
                && !file.Path.StartsWith("bin/", StringComparison.Ordinal))
            .Select(file => (file.Path, File.ReadAllText(file.Full))));
        Assert.Empty(found.Misplaced);
        Assert.Equal(
            string.Empty,
            string.Join('\n', found.Against(_order).Select(use => $"{use}: {string.Join(", ", found.Uses[use])}")));
    }

    [Fact]
    public void A_planted_circle_is_found()
    {
        (string, string)[] sources =
        [
            ("Low/A.cs", "namespace P.Low; public class A { public static int N => 1; }"),
            ("High/B.cs", "using P.Low; namespace P.High; public class B { public int N => A.N; }"),
        ];
        Assert.Empty(FolderDependencies.Of("P", sources).Against(["Low", "High"]));
        (string, string) planted =
            ("Low/C.cs", "namespace P.Low; public class C { public object? Make() => new P.High.B().N; }");
        Assert.Equal([("Low", "High")], FolderDependencies.Of("P", [.. sources, planted]).Against(["Low", "High"]));
    }

    [Fact]
    public void A_use_without_a_name_of_the_type_is_found_and_a_file_in_another_folder_too()
    {
        FolderDependencies found = FolderDependencies.Of(
            "P",
            [
                ("Low/A.cs", "namespace P.Low; public class A { }"),
                ("High/B.cs", "namespace P.High; public static class B { public static int Size(this P.Low.A a) => 1; }"),
                ("Low/C.cs", "using P.High; namespace P.Low; public class C { public int N => new A().Size(); }"),
                ("Low/D.cs", "namespace P.High; public class D { }"),
            ]);
        Assert.Equal([("Low", "High")], found.Against(["Low", "High"]));
        Assert.Equal(["Low/D.cs: P.High"], found.Misplaced);
    }
}
