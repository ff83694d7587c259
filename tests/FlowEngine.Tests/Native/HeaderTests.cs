using System.Globalization;
using System.Text.RegularExpressions;

using Xunit;

namespace FlowEngine.Tests.Native;

public sealed partial class HeaderTests
{
    private static IEnumerable<string> Declared =>
        Declaration().Matches(NativeLibraryFile.Header).Select(match => match.Groups[1].Value);

    [Fact]
    public void The_library_exports_what_the_header_declares_and_nothing_else() =>
        Assert.Equal(Declared.Order(), ElfSymbols.Read(NativeLibraryFile.Path).Order());

    [Fact]
    public void Each_image_has_every_function_of_the_header()
    {
        foreach (string image in NativeLibraryFile.Images)
        {
            Assert.Empty(Declared.Except(ElfSymbols.Read(image)));
        }
    }

    [Fact]
    public void Each_image_is_below_eight_megabytes()
    {
        foreach (string image in NativeLibraryFile.Images)
        {
            Assert.InRange(new FileInfo(image).Length, 100_000, 8_000_000);
        }
    }

    [Fact]
    public void The_sources_export_each_function_once()
    {
        string folder = NativeLibraryFile.InRepository("bindings/native");
        IEnumerable<string> exported = Directory.GetFiles(folder, "*Exports.cs")
            .SelectMany(file => EntryPoint().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value));
        Assert.Equal(Declared.Order(), exported.Order());
    }

    [Fact]
    public void The_headers_of_cpp_call_each_function()
    {
        string folder = NativeLibraryFile.InRepository("bindings/c/include/flowengine");
        string text = string.Concat(Directory.GetFiles(folder, "*.hpp").Select(File.ReadAllText));
        IEnumerable<string> called = Name().Matches(text).Select(match => match.Value);
        Assert.Empty(Declared.Except(called));
    }

    [Fact]
    public void The_header_states_each_status_with_the_number_of_the_engine()
    {
        Dictionary<string, int> inHeader = Status().Matches(NativeLibraryFile.Header)
            .ToDictionary(
                match => match.Groups[1].Value.Replace("_", string.Empty, StringComparison.Ordinal),
                match => int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
        Dictionary<string, int> inEngine = Enum.GetValues<FlowErrorKind>()
            .ToDictionary(kind => kind.ToString().ToUpperInvariant(), kind => (int)kind);
        Assert.True(inHeader.Remove("OK"));
        Assert.Equal(inEngine.OrderBy(pair => pair.Key), inHeader.OrderBy(pair => pair.Key));
    }

    [GeneratedRegex(@"^FLOW_API [\w *]+?(flow_\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\bflow_\w+(?=\()|(?<=text\()flow_\w+")]
    private static partial Regex Name();

    [GeneratedRegex("EntryPoint = \"(flow_\\w+)\"")]
    private static partial Regex EntryPoint();

    [GeneratedRegex(@"^    FLOW_(OK|[A-Z_]+) += +(0|-\d+),?(?:  /\*.*)?$", RegexOptions.Multiline)]
    private static partial Regex Status();
}
