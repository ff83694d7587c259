using System.Buffers.Binary;
using System.Text;
using FlowEngine.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Checkpoints;

/// <summary>Makes safetensors files in memory: sound ones by the library, any others by hand.</summary>
internal static class Safetensors
{
    internal static byte[] Write(
        IReadOnlyCollection<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using MemoryStream stream = new();
        SafetensorsFile.Write(stream, tensors, metadata);
        return stream.ToArray();
    }

    internal static byte[] Raw(string header, int dataLength = 0) => Raw(Encoding.UTF8.GetBytes(header), dataLength);

    internal static byte[] Raw(byte[] header, int dataLength = 0)
    {
        byte[] file = new byte[8 + header.Length + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        return file;
    }

    /// <summary>Reads what must be refused, checks that the refusal is one line naming the file.</summary>
    internal static FlowException Refused(byte[] file)
    {
        FlowException exception = Assert.Throws<FlowException>(() => SafetensorsFile.Read(file, "x.safetensors"));
        Assert.Equal(FlowErrorKind.BadFormat, exception.Kind);
        Assert.StartsWith("x.safetensors: ", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
        return exception;
    }
}
