using System.Buffers.Binary;
using System.Text;
using FlowEngine.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Checkpoints;

public sealed class SafetensorsHostileTests
{
    private const int Mutations = 3000;

    /// <summary>Headers over 8 bytes of data, each with one fault, and a word the error must say.</summary>
    public static TheoryData<string, string> BadHeaders => new()
    {
        { "", "begin with '{'" },
        { " {}", "begin with '{'" },
        { "[]", "begin with '{'" },
        { "{", "not valid JSON" },
        { "{}x", "not valid JSON" },
        { "{}{}", "not valid JSON" },
        { "{}", "8 follow the header" },
        { """{"a":1}""", "\"a\" is not an object" },
        { """{"a":{}}""", "lacks dtype" },
        { """{"a":{"dtype":"F32","shape":[2]}}""", "lacks dtype" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", "two data_offsets" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", "two data_offsets" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"color":1}}""", "\"color\"" },
        { """{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "\"dtype\"" },
        { """{"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}}""", "\"dtype\"" },
        { """{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}""", "shape is not a list" },
        { """{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}""", "shape is not a list" },
        { """{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", "shape is not a list" },
        { """{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}""", "shape is not a list" },
        { """{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,8]}}""", "\"F4\"" },
        { """{"a":{"dtype":"3","shape":[2],"data_offsets":[0,8]}}""", "known are F64, F32" },
        { """{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "(-2) is impossible" },
        { """{"a":{"dtype":"F32","shape":[-2,-1],"data_offsets":[0,8]}}""", "(-2, -1) is impossible" },
        { """{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", "is impossible" },
        { """{"a":{"dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8]}}""", "is impossible" },
        { """{"a":{"dtype":"F32","shape":[536870912],"data_offsets":[0,2147483648]}}""", "2 GiB or more" },
        { """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "takes 12 bytes" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "data_offsets are 8 to 0" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "data_offsets are -8 to 0" },
        {
            """{"a":{"dtype":"F32","shape":[2],"data_offsets":[-9223372036854775808,9223372036854775807]}}""",
            "data_offsets are"
        },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "begins at byte 4" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "8 follow the header" },
        { """{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "take 16 bytes" },
        {
            """
            {"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}
            """,
            "\"b\" begins at byte 4"
        },
        {
            """
            {"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}
            """,
            "\"b\" begins at byte 0"
        },
        {
            """
            {"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}
            """,
            "names \"a\" twice"
        },
        {
            """
            {"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},
             "\u0061":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}
            """,
            "names \"a\" twice"
        },
        { """{"__metadata__":{},"__metadata__":{}}""", "twice" },
        { """{"__metadata__":[]}""", "not an object" },
        { """{"__metadata__":{"a":1}}""", "metadata \"a\"" },
        { """{"__metadata__":{"a":{}}}""", "metadata \"a\"" },
        { """{"__metadata__":{"a":"1","a":"2"}}""", "metadata \"a\"" },
        { """{"\ud800":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}""", "not valid JSON" },
        { """{"a":{"dtype":"U8","shape":[[8]],"data_offsets":[0,8]}}""", "not valid JSON" },
        { """{"a\nb\tc":1}""", @"a\nb\tc" },
    };

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public void A_bad_header_is_refused_and_the_reason_said(string header, string reason) =>
        Assert.Contains(reason, Safetensors.Refused(Safetensors.Raw(header, 8)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_cut_at_any_byte_is_refused()
    {
        byte[] file = Small();
        for (int length = 0; length < file.Length; length++)
        {
            Safetensors.Refused(file[..length]);
        }

        Safetensors.Refused([.. file, 0]);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(100_000_001UL)]
    [InlineData(99_999_999UL)]
    [InlineData(int.MaxValue)]
    public void A_huge_header_is_refused_before_memory_is_taken(ulong length)
    {
        byte[] file = Small();
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Safetensors.Refused(file);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        string deep = new('[', 1_000_000);
        Safetensors.Refused(Safetensors.Raw($"{{\"a\":{deep}"));
        Safetensors.Refused(Safetensors.Raw($"{{\"a\":{{\"shape\":{deep}"));
    }

    [Fact]
    public void A_shape_of_a_million_dimensions_is_refused()
    {
        string ones = string.Join(',', Enumerable.Repeat('1', 1_000_000));
        Safetensors.Refused(
            Safetensors.Raw($$$"""{"a":{"dtype":"U8","shape":[{{{ones}}}],"data_offsets":[0,1]}}""", 1));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        byte[] header = Encoding.UTF8.GetBytes("""{"a?":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""");
        foreach (byte bad in new byte[] { 0x80, 0xc0, 0xff })
        {
            header[3] = bad;
            Safetensors.Refused(Safetensors.Raw(header));
        }
    }

    [Fact]
    public void A_long_name_is_shortened_in_the_error()
    {
        string name = new('n', 100_000);
        Assert.True(Safetensors.Refused(Safetensors.Raw($$"""{"{{name}}":1}""")).Message.Length < 500);
    }

    [Fact]
    public void A_mutated_file_reads_or_is_refused_and_nothing_else()
    {
        byte[] file = Small();
        var random = new Random(20_240_601);
        int refused = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] mutated = Mutation.Of(file, random);
            try
            {
                SafetensorsFile.Read(mutated);
            }
            catch (FlowException exception)
            {
                Assert.DoesNotContain('\n', exception.Message);
                refused++;
            }
        }

        Assert.InRange(refused, Mutations / 2, Mutations - 1);
    }

    private static byte[] Small() => Safetensors.Write(
        [
            new("f64", new[] { 1.0 }, 1),
            new("weights.ä", new[] { 1f, 2, 3, 4, 5, 6 }, 2, 3),
            new("empty", Array.Empty<int>(), 0, 4),
            new("flag", new byte[] { 1 }),
        ],
        new Dictionary<string, string> { ["k"] = "v" });
}
