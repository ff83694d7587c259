using System.Text;
using FlowEngine.KernelCompiler.Emit;
using FlowEngine.Kernels.Device;
using Xunit;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>The command that writes C text for the making of PTX.</summary>
public sealed class EmitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flowengine-emit").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void Writes_the_text_that_the_generator_embeds()
    {
        string source = Path.Combine(_folder, "ControlFlowKernels.cs");
        File.WriteAllText(source, Snapshot.Source("Kernels/ControlFlowKernels.cs"));
        (int code, string output, string errors) = Run([.. Options(), source]);
        Assert.Equal((0, ""), (code, errors));
        Assert.Equal($"ControlFlowKernels {ControlFlowKernels.Module.CudaHash}", output.Trim());
        Assert.Equal(
            ControlFlowKernels.Module.Source.ToArray(),
            File.ReadAllBytes(Path.Combine(_folder, "FlowEngine.Tests", "ControlFlowKernels.c")));
    }

    [Fact]
    public void Wrong_kernel_is_reported_with_its_place()
    {
        string source = Path.Combine(_folder, "Wrong.cs");
        File.WriteAllText(
            source,
            "using FlowEngine.Kernels.Device;\nstatic partial class Wrong\n{\n    [Kernel(32)] static void Run(bool b) { }\n}\n");
        (int code, string output, string errors) = Run([.. Options(), source]);
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("Wrong.cs(4,34): error FLOWK013", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--assembly is missing")]
    [InlineData("--out needs a value", "--out")]
    [InlineData("--fast is not an option", "--fast")]
    [InlineData("a source file is missing", "--assembly", "A", "--out", "B")]
    [InlineData("none.cs does not exist", "--assembly", "A", "--out", "B", "none.cs")]
    public void Wrong_usage_is_one_line(string message, params string[] arguments)
    {
        (int code, _, string errors) = Run(arguments);
        Assert.Equal(2, code);
        Assert.StartsWith("emit: " + message, errors, StringComparison.Ordinal);
        Assert.Single(errors.Trim().Split('\n'));
    }

    private static (int Code, string Output, string Errors) Run(IReadOnlyList<string> arguments)
    {
        using var output = new StringWriter(new StringBuilder());
        using var errors = new StringWriter(new StringBuilder());
        return (EmitCommand.Run(arguments, output, errors), output.ToString(), errors.ToString());
    }

    private string[] Options()
    {
        string[] system = Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "System*.dll");
        return
        [
            "--assembly", "FlowEngine.Tests", "--out", _folder, "--reference", typeof(GlobalView<>).Assembly.Location,
            .. system.Where(f => !f.Contains("Native", StringComparison.Ordinal)),
        ];
    }
}
