using System.IO.Compression;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Tests.Gpu;

/// <summary>A module whose text is given.</summary>
internal sealed class TextModule(string name, byte[] source, string cudaHash) : KernelModule
{
    public override string Name => name;

    public override string CudaHash => cudaHash;

    protected override ReadOnlySpan<byte> CompressedSource => Compressed(source);

    private static byte[] Compressed(byte[] text)
    {
        using MemoryStream compressed = new();
        using (GZipStream stream = new(compressed, CompressionLevel.Fastest))
        {
            stream.Write(text);
        }

        return compressed.ToArray();
    }
}
