using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FlowEngine.KernelCompiler;

/// <summary>The hash that ties PTX to the text it was made from.</summary>
internal static class CudaHash
{
    /// <summary>What the first line of a PTX file begins with.</summary>
    public const string PtxHead = "// flowengine-sha256: ";

    private static readonly byte[] _prelude = Resource("cuda.h");

    /// <summary>SHA-256 of the CUDA prelude and the text, lower-case hexadecimal.</summary>
    public static string Of(string body)
    {
        using var sha = SHA256.Create();
        sha.TransformBlock(_prelude, 0, _prelude.Length, null, 0);
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        sha.TransformFinalBlock(bytes, 0, bytes.Length);
        return string.Concat(sha.Hash.Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));
    }

    /// <summary>A prelude: cuda.h or opencl.h.</summary>
    public static byte[] Resource(string name)
    {
        using Stream stream = typeof(CudaHash).Assembly.GetManifestResourceStream(name)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
