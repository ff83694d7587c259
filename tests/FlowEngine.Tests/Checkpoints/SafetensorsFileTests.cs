using System.Buffers.Binary;
using FlowEngine.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Checkpoints;

public sealed class SafetensorsFileTests
{
    [Fact]
    public void Every_type_returns_as_it_was_written()
    {
        NamedTensor[] tensors =
        [
            new("f64", new[] { 1.5, double.NaN, -0.0 }, 3),
            new("i64", new[] { long.MinValue, long.MaxValue }, 1, 2, 1),
            new("f32", new[] { 1f, 2, 3, 4, 5, 6 }, 2, 3),
            new("i32", new[] { int.MinValue, 7 }, 2),
            new("u8", new byte[] { 0, 128, 255 }, 3, 1),
        ];
        var metadata = new Dictionary<string, string> { ["a"] = "1", ["übung \"\\\n"] = "" };

        SafetensorsFile file = SafetensorsFile.Read(Safetensors.Write(tensors, metadata));

        Assert.Equal(metadata, file.Metadata);
        AssertSame(tensors, file.Tensors);
    }

    [Fact]
    public void Scalars_empty_tensors_and_unicode_names_return()
    {
        NamedTensor[] tensors =
        [
            new("scalar", new[] { 42f }),
            new("", Array.Empty<float>(), 0),
            new("leer.größe", Array.Empty<float>(), 3, 0, 5),
            new("流れ.🌊", new[] { 1f }, 1),
            new("quote\"back\\slash\u0001", new[] { 2f }, 1),
        ];
        AssertSame(tensors, SafetensorsFile.Read(Safetensors.Write(tensors)).Tensors);
    }

    [Fact]
    public void No_tensors_are_a_file_too()
    {
        SafetensorsFile file = SafetensorsFile.Read(Safetensors.Write([]));
        Assert.Empty(file.Tensors);
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Data_and_every_tensor_are_aligned()
    {
        for (int length = 0; length < 20; length++)
        {
            byte[] file = Safetensors.Write(
            [
                new(new string('n', length), new byte[] { 1 }, 1),
                new("f32", new[] { 2f }, 1),
                new("f64", new[] { 3.0 }, 1),
            ]);
            int header = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
            Assert.Equal(0, header % 8);
            Assert.Equal(3.0, BitConverter.ToDouble(file, 8 + header));
            Assert.Equal(2f, BitConverter.ToSingle(file, 8 + header + 8));
            Assert.Equal(1, file[8 + header + 12]);
            Assert.Equal(8 + header + 13, file.Length);
        }
    }

    [Fact]
    public void The_layout_is_that_of_the_format()
    {
        byte[] file = Safetensors.Write([new("a", new[] { 1f, 2 }, 2)], new Dictionary<string, string> { ["k"] = "v" });
        const string Header =
            """{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";
        string padded = Header.PadRight((Header.Length + 7) / 8 * 8);
        byte[] expected = Safetensors.Raw(padded, 8);
        BitConverter.TryWriteBytes(expected.AsSpan(expected.Length - 8), 1f);
        BitConverter.TryWriteBytes(expected.AsSpan(expected.Length - 4), 2f);
        Assert.Equal(expected, file);
    }

    [Fact]
    public void Half_precision_converts_to_float()
    {
        byte[] file = Safetensors.Raw(
            """
            {"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},
             "b":{"dtype":"BF16","shape":[1],"data_offsets":[4,6]}}
            """,
            6);
        BitConverter.TryWriteBytes(file.AsSpan(file.Length - 6), (Half)1.5f);
        BitConverter.TryWriteBytes(file.AsSpan(file.Length - 4), (Half)(-0.25f));
        BitConverter.TryWriteBytes(file.AsSpan(file.Length - 2), (ushort)0xc040);

        IReadOnlyList<NamedTensor> tensors = SafetensorsFile.Read(file).Tensors;

        Assert.Equal([1.5f, -0.25f], tensors[0].ToSingles());
        Assert.Equal([-3f], tensors[1].ToSingles());
        Assert.Equal([-3.0], tensors[1].ToDoubles());
        AssertSame(tensors, SafetensorsFile.Read(Safetensors.Write([.. tensors])).Tensors);
    }

    [Fact]
    public void Entries_may_stand_in_any_order()
    {
        byte[] file = Safetensors.Raw(
            """
            {"b":{"data_offsets":[1,3],"dtype":"U8","shape":[2]},
             "e":{"data_offsets":[1,1],"dtype":"U8","shape":[0]},
             "a":{"shape":[1],"data_offsets":[0,1],"dtype":"U8"}}
            """,
            3);
        Assert.Equal(["a", "e", "b"], SafetensorsFile.Read(file).Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void A_file_on_disk_returns_and_names_itself()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("größe 🌊.safetensors");
        NamedTensor[] tensors = [new("a", new[] { 1f, 2 }, 2)];

        SafetensorsFile.Write(path, tensors);
        SafetensorsFile file = SafetensorsFile.Read(path);

        Assert.Equal(path, file.Name);
        AssertSame(tensors, file.Tensors);
    }

    [Fact]
    public void A_stream_is_read_from_its_position()
    {
        byte[] file = Safetensors.Write([new("a", new[] { 1f, 2 }, 2)]);
        using MemoryStream stream = new([1, 2, 3, .. file]);
        stream.Position = 3;
        Assert.Equal([1f, 2], SafetensorsFile.Read(stream).Tensors[0].ToSingles());
    }

    [Fact]
    public void What_cannot_be_opened_is_an_io_error_that_names_the_path()
    {
        using TemporaryFolder folder = new();
        string[] paths = [folder.File("missing"), folder.File("no/such/folder"), folder.File(""), "", "a\0b"];
        foreach (string path in paths)
        {
            FlowException exception = Assert.Throws<FlowException>(() => SafetensorsFile.Read(path));
            Assert.Equal(FlowErrorKind.Io, exception.Kind);
            Assert.StartsWith($"{PrintableText.OneLine(path)}: ", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Names_used_twice_and_broken_unicode_cannot_be_written()
    {
        NamedTensor tensor = new("a", new[] { 1f }, 1);
        AssertInvalid(() => Safetensors.Write([tensor, tensor]));
        AssertInvalid(() => Safetensors.Write([], new Dictionary<string, string> { ["k"] = "\ud800" }));
        Assert.Throws<ArgumentException>(() => new NamedTensor("\udc00", new[] { 1f }, 1));
        Assert.Throws<ArgumentException>(() => new NamedTensor("__metadata__", new[] { 1f }, 1));
        Assert.Throws<ArgumentException>(() => new NamedTensor("a", new[] { 1f }, 2));
        Assert.Throws<ArgumentException>(() => new NamedTensor("a", new[] { 1f }, -1, -1));
    }

    [Fact]
    public void Tensors_share_the_array_they_were_given()
    {
        float[] data = [1, 2, 3, 4];
        NamedTensor tensor = new NamedTensor("a", data, 4).As("b", 2, 2);
        data[3] = 9;
        Assert.Equal([1, 2, 3, 9], tensor.AsSpan<float>().ToArray());
        Assert.Equal([2, 2], tensor.Shape.ToArray());
        Assert.Equal(9f, BitConverter.ToSingle(tensor.Bytes[12..]));
        Assert.Throws<InvalidOperationException>(() => tensor.AsSpan<double>().Length);
    }

    internal static void AssertSame(IEnumerable<NamedTensor> expected, IEnumerable<NamedTensor> actual)
    {
        static string Text(NamedTensor tensor) => $"{tensor} {Convert.ToHexString(tensor.Bytes)}";
        Assert.Equal(expected.Select(Text), actual.Select(Text));
    }

    private static void AssertInvalid(Action action) =>
        Assert.Equal(FlowErrorKind.InvalidArgument, Assert.Throws<FlowException>(action).Kind);
}
