using System.IO.Compression;

namespace FlowEngine.Kernels.Gpu;

/// <summary>The kernels of one class: one C text, one PTX. The kernel compiler derives from it.</summary>
public abstract class KernelModule
{
    private byte[]? _source;

    /// <summary>The class's name; PTX is the resource ptx/NAME.ARCHITECTURE.ptx of the assembly.</summary>
    public abstract string Name { get; }

    /// <summary>The C text without a prelude, UTF-8.</summary>
    public ReadOnlySpan<byte> Source => _source ??= Decompress();

    /// <summary>
    /// The SHA-256 of the CUDA prelude and <see cref="Source"/>, lower-case hexadecimal; the PTX names it.
    /// </summary>
    public abstract string CudaHash { get; }

    /// <summary><see cref="Source"/> compressed with gzip.</summary>
    protected abstract ReadOnlySpan<byte> CompressedSource { get; }

    private byte[] Decompress()
    {
        using MemoryStream compressed = new(CompressedSource.ToArray());
        using GZipStream stream = new(compressed, CompressionMode.Decompress);
        using MemoryStream text = new();
        stream.CopyTo(text);
        return text.ToArray();
    }
}
