using System.Text.RegularExpressions;
using FlowEngine.KernelCompiler;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>Each rule at its place, and the nearest construct that is right. Places are marked [| |].</summary>
public sealed partial class DiagnosticTests
{
    private const string Helpers = """

        private struct Pair { public int Left; public int Right; public readonly int Sum() => Left + Right; }
        private interface IShape { int Area(); }
        private static int _counter;
        private static readonly int _limit = 3;
        private const int Limit = 3;
        private static void Sync() => Group.Barrier();
        private static void SyncIf(bool b) { if (b) { return; } }
        private static int Identity(int v) => v;
        private static int Vary(int v) => v + Warp.LaneIdx;
        private static float Sum(float v) { for (int m = 16; m > 0; m /= 2) { v += Warp.ShuffleXor(v, m); } return v; }
        """;

    [Theory]
    [InlineData("FLOWK001", "var o = [|new object()|];")]
    [InlineData("FLOWK001", "int[] a = [|new int[4]|];")]
    [InlineData("FLOWK001", "Func<int> f = [|() => 3|];")]
    [InlineData("FLOWK001", "object o = [|n|];")]
    [InlineData("FLOWK002", "if (n > 3) { [|throw|] null; }")]
    [InlineData("FLOWK002", "[|try|] { n++; } finally { n--; }")]
    [InlineData("FLOWK003", "var [|s = \"text\"|];")]
    [InlineData("FLOWK003", "char [|c = 'a'|];")]
    [InlineData("FLOWK003", "n += [|'a'|];")]
    [InlineData("FLOWK004", "IShape [|s = null!|]; n = [|s.Area()|];", "FLOWK005")]
    [InlineData("FLOWK004", "n = [|n.GetHashCode()|];")]
    [InlineData("FLOWK005", "decimal [|d = 1|];")]
    [InlineData("FLOWK005", "DayOfWeek [|d = DayOfWeek.Monday|];")]
    [InlineData("FLOWK005", "int? [|m = null|];")]
    [InlineData("FLOWK008", "double d = [|x[0]|];")]
    [InlineData("FLOWK008", "x[0] = (float)([|x[0]|] * 0.5);")]
    [InlineData("FLOWK009", "if (n > 3) { SharedView<int> s = [|SharedMemory.Allocate<int>(4)|]; }")]
    [InlineData("FLOWK009", "SharedView<int> s = SharedMemory.Allocate<int>([|n|]);")]
    [InlineData("FLOWK009", "[|SharedMemory.Allocate<int>(4)|][0] = 1;")]
    [InlineData(
        "FLOWK009", "SharedView<int> s = SharedMemory.GetDynamic<int>(), t = [|SharedMemory.GetDynamic<int>()|];")]
    [InlineData("FLOWK010", "x[0] = [|MathF.Sin(x[0])|];")]
    [InlineData("FLOWK010", "Pair p; p.Left = 1; p.Right = 2; n = [|p.Sum()|];")]
    [InlineData("FLOWK010", "n = [|Environment.TickCount|];")]
    [InlineData("FLOWK010", "n = [|new Float4(1) == new Float4(2)|] ? 1 : 0;")]
    [InlineData("FLOWK011", "[|switch|] (n) { case 1: break; }")]
    [InlineData("FLOWK011", "[|goto|] end; [|end|]: n++;")]
    [InlineData("FLOWK011", "[|unsafe|] { n++; }")]
    [InlineData("FLOWK011", "[|foreach|] (int i in (int[])[]) { n++; }")]
    [InlineData("FLOWK011", "n = [|n switch { 1 => 2, _ => 3 }|];")]
    [InlineData("FLOWK011", "n = [|n is 1 or 2|] ? 1 : 0;")]
    [InlineData("FLOWK011", "n = checked([|n + 1|]);")]
    [InlineData("FLOWK011", "x[0] = [|x[0] % 2|];")]
    [InlineData("FLOWK011", "n++; [|Loop.Unroll()|];")]
    [InlineData("FLOWK011", "[|int|] Local() => 3; n = Local();", "FLOWK010")]
    [InlineData("FLOWK011", "LocalArray<int> a = new(4), b = new(4); [|a = b|];")]
    [InlineData("FLOWK014", "int m = [|n = 3|];")]
    [InlineData("FLOWK014", "x[[|n++|]] = 1;")]
    [InlineData("FLOWK014", "while (([|n -= 1|]) > 0) { }")]
    [InlineData("FLOWK015", "float v = n > 3 ? [|Sum(1)|] : 0;")]
    [InlineData("FLOWK015", "bool b = n > 3 && [|Warp.Any(n > 4)|];")]
    [InlineData("FLOWK015", "bool b = n > 3 || [|Warp.Any(n > 4)|];")]
    [InlineData("FLOWK015", "while ([|Warp.Any(n > 4)|]) { n--; }")]
    [InlineData("FLOWK015", "for (int i = 0; [|Sum(i)|] > 3; i++) { }")]
    [InlineData("FLOWK017", "LocalArray<int> a = new([|n|]);")]
    [InlineData("FLOWK017", "for (int i = 0; [|i < n|]; i++) { Loop.Unroll(); x[i] = 1; }")]
    [InlineData("FLOWK017", "Async.Wait([|n|]);")]
    [InlineData("FLOWK020", "n = [|_counter|];")]
    [InlineData("FLOWK020", "n = [|_limit|];")]
    public void Statement_is_wrong(string id, string statement, string? also = null) =>
        Check(id, Kernel(statement), also);

    [Theory]
    [InlineData("Float4 v = new(1, 2, 3, 4); LocalArray<int> a = new(Limit); x[0] = v.X; a[0] = 1; n = a[0];")]
    [InlineData("if (n > 3) { return; } n++;")]
    [InlineData("Pair p; p.Left = 1; p.Right = 2; p.Left += p.Right; n = p.Left;")]
    [InlineData("double d = (double)x[0]; x[0] = (float)(d * 0.5); x[1] = x[0] * 0.5f;")]
    [InlineData("SharedView<int> s = SharedMemory.Allocate<int>(4 * Limit); SharedView<int> t = SharedMemory.GetDynamic<int>();")]
    [InlineData(
        "x[0] = XMath.Exp(x[0]); n = Identity(n); x[1] = new Float4(1).X; Float4 v = new Float4(1) * new Float4(2);")]
    [InlineData("n = n == 1 || n == 2 ? 1 : 0; n++; int m = n; m = n -= 0;", "FLOWK014")]
    [InlineData("for (int i = 0, j = 9; i < 4; i++, j -= 2) { Loop.Unroll(); x[i] = j; }")]
    [InlineData("int m; m = 3; x[m] = 1; m++; --m; m = n;")]
    [InlineData("float v = Sum(1); bool b = Warp.Any(n > 4); x[0] = n > 3 && b ? v : 0; x[1] = Sum(2) + Sum(3);")]
    [InlineData("Async.Wait(Limit - 3);")]
    [InlineData("n = Limit; const int Local = 4; n = Local;")]
    [InlineData("_ = Identity(3);")]
    public void Statement_is_right(string statement, string? except = null)
    {
        IEnumerable<string> ids = Translate(Kernel(statement)).Diagnostics.Select(d => d.Rule.Id);
        Assert.Equal(except is null ? [] : [except], ids.Distinct());
    }

    [Theory]
    [InlineData("if (Group.IdxX < n) { [|Group.Barrier()|]; }")]
    [InlineData("if (x[0] > 3) { [|Group.Barrier()|]; }")]
    [InlineData("if (Group.IdxX > 3) { return; } [|Group.Barrier()|];")]
    [InlineData("for (int i = Warp.LaneIdx; i < n; i++) { [|Group.Barrier()|]; }")]
    [InlineData("int i = 0; while (i < n) { [|Group.Barrier()|]; i += Group.IdxX; }")]
    [InlineData("int i = 0; do { [|Group.Barrier()|]; i++; } while (i < Grid.GlobalIndexX);")]
    [InlineData("for (int i = 0; i < n; i++) { [|Group.Barrier()|]; if (i == Group.IdxX) { break; } }")]
    [InlineData(
        "for (int i = 0; i < n; i++) { [|Group.Barrier()|]; if (i == Group.IdxX) { return; } } [|Group.Barrier()|];")]
    [InlineData("for (int i = 0; i < n; i++) { if (i == Group.IdxX) { continue; } [|Group.Barrier()|]; }")]
    [InlineData("int m = 0; if (Group.IdxX == 3) { m = 1; } if (m == 0) { [|Group.Barrier()|]; }")]
    [InlineData(
        "int a = 0, b = 0; for (int i = 0; i < n; i++) { if (b > 3) { [|Group.Barrier()|]; } b = a; a = Group.IdxX; }")]
    [InlineData("if (Group.IdxX == 0) { [|Sync()|]; }")]
    [InlineData("if (Vary(n) == 0) { [|Sync()|]; }")]
    [InlineData("if (Sum(n) > 0) { [|Sync()|]; }")]
    [InlineData("if (Warp.Any(n > 3)) { [|Sync()|]; }")]
    [InlineData("if (Atomic.Add(y, 0, 1) == 3) { [|Group.Barrier()|]; }")]
    [InlineData("if (Group.IdxX == 0) { x[0] = [|Sum(1)|]; }")]
    [InlineData("Deep(Group.IdxX);")]
    public void Wait_in_divergent_flow_is_wrong(string statement)
    {
        string deep = statement.StartsWith("Deep", StringComparison.Ordinal) ? "[|Group.Barrier()|]" : "Group.Barrier()";
        string members = $"private static void Deep(int v) {{ if (v > 3) {{ {deep}; }} }}";
        Check("FLOWK007", Kernel(statement) + members, null);
        Assert.Empty(Translate(Unmarked(Kernel(statement, "Portable = false") + members)).Diagnostics);
    }

    [Theory]
    [InlineData("if (n > 3) { Group.Barrier(); } if (Grid.IdxX == 0) { return; } Group.Barrier();")]
    [InlineData("for (int i = 0; i < n; i++) { Group.Barrier(); if (i == n) { break; } if (i == 2) { continue; } Group.Barrier(); }")]
    [InlineData("for (int i = 0; i < n; i++) { Group.Barrier(); if (i == Group.IdxX) { continue; } x[i] = 1; } Group.Barrier();")]
    [InlineData("for (int i = Group.IdxX; i < n; i += 32) { if (i == 3) { break; } } Group.Barrier();")]
    [InlineData("int m = n; if (Group.IdxX == 3) { x[0] = m; } if (m == 0) { Sync(); }")]
    [InlineData("SyncIf(Group.IdxX == 0); Group.Barrier(); if (Identity(n) == 3) { Sync(); }")]
    [InlineData("Deep(n); int u = Identity(Group.IdxX); Group.Barrier();")]
    public void Wait_in_uniform_flow_is_right(string statement) => Assert.Empty(Translate(
        Kernel(statement) + "private static void Deep(int v) { if (v > 3) { Group.Barrier(); } }").Diagnostics);

    [Theory]
    [InlineData("FLOWK006", "[Kernel(32)] static void Run(GlobalView<int> y) { A(y); } static void A(GlobalView<int> y) { B(y); } static void B(GlobalView<int> y) { [|A(y)|]; }")]
    [InlineData("FLOWK009", "[Kernel(32)] static void Run(GlobalView<int> y) { A(); } static void A() { SharedView<int> s = [|SharedMemory.Allocate<int>(3)|]; }")]
    [InlineData("FLOWK012", "[Kernel(33)] static void [|Run|](GlobalView<int> y) { }")]
    [InlineData("FLOWK012", "[Kernel(2048)] static void [|Run|](GlobalView<int> y) { }")]
    [InlineData("FLOWK012", "[Kernel(32)] static int [|Run|](GlobalView<int> y) => 3;")]
    [InlineData("FLOWK012", "[Kernel(32)] static void [|Run|]<T>(GlobalView<int> y) { }")]
    [InlineData("FLOWK012", "[Kernel(32)] [KernelVariant(\"A\")] static void [|Run|](GlobalView<int> y, int n) { }")]
    [InlineData("FLOWK012", "[Kernel(32)] [KernelVariant(\"A\", 1)] static void [|Run|](GlobalView<int> y, long n) { }")]
    [InlineData("FLOWK012", "[Kernel(32)] [KernelVariant(\"A\", 1, 2, 3)] static void [|Run|](int m, int n) { }")]
    [InlineData("FLOWK012", "[Kernel(32)] [KernelVariant(\"A b\", 1)] static void [|Run|](int n) { }")]
    [InlineData("FLOWK012", "[Kernel(32)] [KernelVariant(\"Run\", 1)] static void [|Run|](int n) { }")]
    [InlineData("FLOWK012", "[Kernel(32)] [KernelVariant(\"A\", 1)] [KernelVariant(\"A\", 2)] static void [|Run|](int n) { }")]
    [InlineData("FLOWK012", "[Kernel(32)] [KernelVariant(\"A\", 1)] [KernelVariant(\"B\", 1)] static void [|Run|](int n) { }")]
    [InlineData("FLOWK012", "[Kernel(32)] [KernelVariant(\"A\", 1)] [KernelVariant(\"B\", 1, 2)] static void [|Run|](int m, int n) { }")]
    [InlineData("FLOWK012", "[Kernel(32)] [KernelVariant(\"A\", 1)] static void [|Run|](int n) { } [Kernel(32)] static void [|A|](int n) { }")]
    [InlineData("FLOWK013", "[Kernel(32)] static void Run([|bool b|]) { }")]
    [InlineData("FLOWK013", "[Kernel(32)] static void Run([|int[] a|]) { }")]
    [InlineData("FLOWK013", "[Kernel(32)] static void Run([|SharedView<int> a|]) { }")]
    [InlineData("FLOWK013", "[Kernel(32)] static void Run([|GlobalView<bool> a|]) { }")]
    [InlineData("FLOWK013", "struct Open { public int A; } [Kernel(32)] static void Run([|Open a|]) { }")]
    [InlineData(
        "FLOWK013", "readonly struct Flag { public readonly bool A; } [Kernel(32)] static void Run([|Flag a|]) { }")]
    [InlineData("FLOWK016", "[Kernel(32)] static void [|Run|](GlobalView<int> y) { SharedView<int> s = SharedMemory.Allocate<int>(12289); }")]
    [InlineData("FLOWK019", "[Kernel(32)] static void Run(GlobalView<int> y) { int a = 3; A(ref a); } static void A([|ref int a|]) { a = 4; }")]
    [InlineData(
        "FLOWK019", "[Kernel(32)] static void Run(GlobalView<int> y) { A(3); } static void A([|in int a|]) { }")]
    public void Declaration_is_wrong(string id, string members) => Check(id, members, null);

    [Theory]
    [InlineData(
        "[Kernel(1024)] static void Run(GlobalView<int> y, ulong a, double b, ReadOnlyGlobalView<BFloat16> c) { }")]
    [InlineData("readonly struct Size { public readonly int A; } [Kernel(32)] static void Run(Size a, GlobalView<Size> y) { y[0] = a; }")]
    [InlineData(
        "[Kernel(32)] static void Run(GlobalView<int> y) { SharedView<int> s = SharedMemory.Allocate<int>(12288); }")]
    [InlineData(
        "[Kernel(32)] [KernelVariant(\"A\", 1)] [KernelVariant(\"B\", 2)] static void Run(GlobalView<int> y, int n) { y[0] = n; }")]
    [InlineData("[Kernel(32)] static void Run(GlobalView<int> y) { A(y); A(y); } static void A(GlobalView<int> y) { B(y); } static void B(GlobalView<int> y) { }")]
    public void Declaration_is_right(string members) => Assert.Empty(Translate(members).Diagnostics);

    [Fact]
    public void Class_that_is_not_partial_or_nested_is_wrong()
    {
        CSharpCompilation compilation = KernelCompilation.Of(
            "static class K { [Kernel(32)] static void Run(int n) { } static partial class L { [Kernel(32)] static void Run(int n) { } } }");
        GeneratorDriverRunResult result = KernelCompilation.Driver()
            .RunGenerators(compilation, TestContext.Current.CancellationToken)
            .GetRunResult();
        Assert.Equal(["FLOWK012", "FLOWK012"], result.Diagnostics.Select(d => d.Id));
    }

    [Fact]
    public void Calls_of_a_launcher_stay_right_where_its_kernel_is_wrong()
    {
        KernelCompilation.Driver().RunGeneratorsAndUpdateCompilation(
            KernelCompilation.Of(
                Unmarked(KernelCompilation.Class(Kernel("decimal [|d = 1|];") + Helpers)),
                "static class U { static void F(FlowEngine.Kernels.Gpu.GpuStream s) => Sample.K.Run(s, new(1), default, default, 3); }"),
            out Compilation output,
            out System.Collections.Immutable.ImmutableArray<Diagnostic> diagnostics,
            TestContext.Current.CancellationToken);
        Assert.Equal("FLOWK005", Assert.Single(diagnostics).Id);
        Assert.Empty(output.GetDiagnostics(TestContext.Current.CancellationToken).Where(d => d.Severity == DiagnosticSeverity.Error));
    }

    [Fact]
    public void Every_rule_has_an_id_and_a_message_of_one_line()
    {
        DiagnosticDescriptor[] rules = [.. typeof(Rules)
            .GetFields(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Static)
            .Select(f => f.GetValue(null))
            .OfType<DiagnosticDescriptor>()];
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"FLOWK{i:000}"), rules.Select(r => r.Id).Order());
        Assert.All(rules, r => Assert.DoesNotContain('\n', r.MessageFormat.ToString(null)));
    }

    private static string Kernel(string statement, string options = "Portable = true") =>
        $"[Kernel(64, {options})] static void Run(GlobalView<float> x, GlobalView<int> y, int n) {{ {statement} }} ";

    private static string Unmarked(string text) =>
        text.Replace("[|", "", StringComparison.Ordinal).Replace("|]", "", StringComparison.Ordinal);

    private static TranslatedModule Translate(string members) =>
        KernelCompilation.Translate("Sample.K", KernelCompilation.Class(members + Helpers));

    private static void Check(string id, string members, string? also)
    {
        string marked = KernelCompilation.Class(members + Helpers);
        MatchCollection marks = Mark().Matches(marked);
        TranslatedModule module = KernelCompilation.Translate("Sample.K", Unmarked(marked));
        IEnumerable<string> expected = marks.Select(m => m.Groups[1].Value);
        string text = Unmarked(marked);
        DiagnosticRecord[] found = [.. module.Diagnostics.Where(d => d.Rule.Id == id)];
        Assert.NotEmpty(found);
        Assert.All(found, d => Assert.Contains(text.Substring(d.Place.Span.Start, d.Place.Span.Length), expected));
        Assert.All(module.Diagnostics, d => Assert.Contains(d.Rule.Id, new[] { id, also }));
        Assert.All(module.Diagnostics, d => Assert.DoesNotContain('\n', d.ToDiagnostic().GetMessage(null)));
    }

    [GeneratedRegex(@"\[\|(.*?)\|\]")]
    private static partial Regex Mark();
}
