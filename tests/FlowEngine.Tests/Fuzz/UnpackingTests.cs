using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using FlowEngine.Data;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Data;
using Xunit;

namespace FlowEngine.Tests.Fuzz;

/// <summary>
/// Small files that hold much are read or refused within 16 times what they hold and 64 MB: in a process that has no more.
/// </summary>
public sealed class UnpackingTests
{
    public static TheoryData<string, string> Files => new()
    {
        { "csv-gz", "commas" },
        { "csv-gz", "line" },
        { "csv-gz", "quote" },
        { "npz", "claims" },
        { "npz", "images" },
        { "npz", "rows" },
        { "npz", "labels" },
        { "idx-gz", "idx" },
        { "csv-gz", "rows with labels" },
        { "png", "palette" },
        { "safetensors", "entries" },
        { "description", "transforms" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Memory_is_bounded_by_what_a_file_holds(string reader, string kind)
    {
        (byte[] file, long unpacked) = Make(kind);
        string output = Read(reader, file, ("DOTNET_GCHeapHardLimit", Hex((16 * unpacked) + (64 << 20))));
        Assert.True(output.Contains(" 0 findings", StringComparison.Ordinal), output);
    }

    [Theory]
    [InlineData("csv-gz")]
    [InlineData("npz")]
    [InlineData("png")]
    public void What_packed_files_hold_has_a_limit_that_can_be_set(string reader)
    {
        byte[] file = reader switch
        {
            "csv-gz" => SampleFiles.Gzip(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("1,2\n", 5000)))),
            "npz" => SampleFiles.Npz(
                CompressionLevel.Optimal, ("x", SampleFiles.Npy("|u1", "(200, 10, 10)", new byte[20_000]))),
            _ => PngImage.Encode(new Image(100, 200, 1, new byte[20_000])),
        };
        Assert.Equal(1, Accepted(Read(reader, file)));
        Assert.Equal(1, Accepted(Read(reader, file, (ReadLimits.Variable, "30000"))));
        Assert.Equal(0, Accepted(Read(reader, file, (ReadLimits.Variable, "10000"))));

        int Accepted(string output) => int.Parse(
            output.Split('\n').First(line => line.StartsWith(reader, StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[2],
            CultureInfo.InvariantCulture);
    }

    private static (byte[] File, long Unpacked) Make(string kind)
    {
        switch (kind)
        {
            case "commas":
                return Gzipped(new string(',', 1 << 24));
            case "line":
                return Gzipped(new string('1', 1 << 26));
            case "quote":
                return Gzipped("\"" + new string('\n', 1 << 24));
            case "claims":
                // Says 10^8 labels in an array that holds 10.
                byte[] labels = SampleFiles.Npy("|u1", "(100000000,)", new byte[10]);
                byte[] npz = SampleFiles.Npz(
                    CompressionLevel.Optimal,
                    ("x", SampleFiles.Npy("|u1", "(100000000, 1, 1)", new byte[1 << 20], isFortranOrder: true)),
                    ("y", labels));
                return (npz, npz.Length + (1 << 20));
            case "images":
                return Packed("(10000000, 1, 1)", 10_000_000);
            case "rows":
                return Packed("(10000000, 1)", 10_000_000);
            case "labels":
                byte[] many = SampleFiles.Npz(
                    CompressionLevel.Optimal,
                    ("x", SampleFiles.Npy("|u1", "(2000000, 2, 2)", new byte[8_000_000])),
                    ("y", SampleFiles.Npy("|u1", "(2000000,)", new byte[2_000_000])));
                return (many, 10_000_000);
            case "idx":
                return (SampleFiles.Gzip([0, 0, 8, 3, 0, 0x98, 0x96, 0x80, 0, 0, 0, 1, 0, 0, 0, 1, .. new byte[10_000_000]]), 10_000_000);
            case "rows with labels":
                return Gzipped("a,label\n" + string.Concat(Enumerable.Repeat("1.5,one\n2.5,two\n", 400_000)));
            case "palette":
                return (
                    SamplePng.Encode(1, 1 << 16, 1, 3, new int[1 << 16], palette: [1, 2, 3]), 1 << 13);
            case "entries":
                StringBuilder header = new("{");
                for (int i = 0; i < 100_000; i++)
                {
                    header.Append(CultureInfo.InvariantCulture, $"\"{i}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}},");
                }

                byte[] file = Safetensors.Raw(header.ToString().TrimEnd(',') + "}");
                return (file, file.Length);
            default:
                byte[] text = Encoding.ASCII.GetBytes(
                    "{\"model\":\"transforms\",\"channels\":2,\"transforms\":["
                    + string.Join(',', Enumerable.Repeat("{\"type\":\"actnorm\"}", 100_000)) + "]}");
                return (text, text.Length);
        }

        static (byte[] File, long Unpacked) Packed(string shape, int length) => (
            SampleFiles.Npz(CompressionLevel.Optimal, ("x", SampleFiles.Npy("|u1", shape, new byte[length]))), length);

        static (byte[] File, long Unpacked) Gzipped(string text) => (SampleFiles.Gzip(Encoding.ASCII.GetBytes(text)), text.Length);
    }

    private static string Read(string reader, byte[] file, params (string Name, string Value)[] environment)
    {
        using TestFolder folder = new();
        string command = Path.Combine(AppContext.BaseDirectory, "FlowEngine.Fuzz.dll");
        ProcessStartInfo start = new("dotnet", [command, "--reader", reader, folder.Write("file", file)])
        {
            RedirectStandardOutput = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        return process.StandardOutput.ReadToEnd();
    }

    private static string Hex(long value) => value.ToString("x", CultureInfo.InvariantCulture);
}
