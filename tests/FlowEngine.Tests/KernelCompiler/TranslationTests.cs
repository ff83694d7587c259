using System.Text;
using System.Text.RegularExpressions;
using FlowEngine.KernelCompiler;
using FlowEngine.Kernels.Gpu;
using Xunit;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>What the generator writes, against files that a person has read.</summary>
public sealed partial class TranslationTests
{
    public static TheoryData<string> Modules =>
        ["ElementwiseKernels", "ReductionKernels", "IntegerKernels", "ControlFlowKernels", "TensorKernels", "VariantKernels"];

    [Theory]
    [MemberData(nameof(Modules))]
    public void C_text_is_as_verified(string name) =>
        Snapshot.Check(name + ".c", Encoding.UTF8.GetString(Module(name).Source));

    [Theory]
    [InlineData("ElementwiseKernels")]
    [InlineData("ReductionKernels")]
    [InlineData("VariantKernels")]
    public void Generated_CSharp_is_as_verified(string name)
    {
        // The hash changes with the prelude and the compressed text with zlib, which are not the matter here.
        TranslatedModule module = Translate(name);
        string source = module.Source.Replace(module.Hash, "HASH", StringComparison.Ordinal);
        Snapshot.Check(name + ".g.cs", CompressedText().Replace(source, "new byte[] { TEXT };"));
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void Text_does_not_depend_on_folder_or_order_of_files(string name)
    {
        TranslatedModule module = Translate(name);
        Assert.Equal(Encoding.UTF8.GetString(Module(name).Source), module.Body);
        Assert.Equal(Module(name).CudaHash, module.Hash);
    }

    [Fact]
    public void Reserved_words_get_an_underscore_and_no_clash()
    {
        string body = Body("int kernel = x; int half = kernel; int half_ = 2; int F4 = half + half_; y[0] = F4;");
        Assert.Contains("int kernel_ = x;", body, StringComparison.Ordinal);
        Assert.Contains("int half_ = kernel_;", body, StringComparison.Ordinal);
        Assert.Contains("int half__ = 2;", body, StringComparison.Ordinal);
        Assert.Contains("int F4_ = half_ + half__;", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("y[0] = x << 33;", "y[0] = x << 1;")]
    [InlineData("y[0] = x << x;", "y[0] = x << (x & 31);")]
    [InlineData("y[0] >>>= x;", "y[0] = (int)((u32)y[0] >> (x & 31));")]
    [InlineData("y[0] = x >>> 3;", "y[0] = (int)((u32)x >> 3);")]
    [InlineData("y[0] = (x & 1) == 0 ? 1 : 2;", "y[0] = ((x & 1) == 0) ? 1 : 2;")]
    [InlineData("y[0] = x - (x - 1);", "y[0] = x - (x - 1);")]
    [InlineData("y[0] = -(-x);", "y[0] = -(-x);")]
    [InlineData("y[0] = - -1 - -1;", "y[0] = 2;")]
    [InlineData("y[0] = x - -1;", "y[0] = x - (-1);")]
    [InlineData("y[0] = int.MinValue;", "y[0] = -2147483647 - 1;")]
    [InlineData("y[0] = (int)(x * 0.1f);", "y[0] = (int)((float)x * 0.1f);")]
    [InlineData("y.Slice(x)[1] = y.Slice(x).Slice(2)[0];", "(y + x)[1] = (y + x + 2)[0];")]
    [InlineData("y[0] = F(right: x, left: 1);", "y[0] = K_F(1, x, 5);")]
    [InlineData("y[0] = F(1.0f);", "y[0] = K_F_2(1.0f);")]
    public void Statement_becomes(string statement, string expected)
    {
        Assert.Contains("    " + expected + "\n", Body(statement + " if (x == 77) { y[1] = F(1, 2); }"), StringComparison.Ordinal);
    }

    private static string Body(string statements)
    {
        TranslatedModule module = KernelCompilation.Translate("Sample.K", Kernel(statements));
        Assert.Empty(module.Diagnostics);
        return module.Body;
    }

    private static string Kernel(string statements) => KernelCompilation.Class(
        $$"""
        [Kernel(32)] private static void Run(GlobalView<int> y, int x) { F(1, 2); {{statements}} }
        private static int F(int left, int right, int third = 5) => left - right + third;
        private static int F(float only) => (int)only;
        """);

    private static KernelModule Module(string name) => name switch
    {
        "ElementwiseKernels" => ElementwiseKernels.Module,
        "ReductionKernels" => ReductionKernels.Module,
        "IntegerKernels" => IntegerKernels.Module,
        "ControlFlowKernels" => ControlFlowKernels.Module,
        "TensorKernels" => TensorKernels.Module,
        _ => VariantKernels.Module,
    };

    private static TranslatedModule Translate(string name) => KernelCompilation.Translate(
        "FlowEngine.Tests.KernelCompiler." + name,
        Snapshot.Source($"Kernels/{name}.cs"),
        Snapshot.Source("Kernels/WarpReduction.cs"));

    [GeneratedRegex(@"new byte\[\]\s*\{[\d,\s]*\};")]
    private static partial Regex CompressedText();
}
