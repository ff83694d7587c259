using System.IO.Compression;
using System.Reflection;
using System.Text;

namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>The PTX of a module, which is a resource of the assembly that has the module, as text or compressed.</summary>
internal static class ModulePtx
{
    private const string Architecture = "sm_80";
    private const string HashMark = "// flowengine-sha256: ";
    private const string Command = "run kernels/ptx/build.sh and build again";

    /// <summary>The text, ended by a zero as the driver wants it.</summary>
    /// <param name="module">The module.</param>
    /// <exception cref="GpuException">StalePtx: it is missing, or made from another C text.</exception>
    public static byte[] Read(KernelModule module)
    {
        string name = $"ptx/{module.Name}.{Architecture}.ptx";
        using Stream resource = Open(module.GetType().Assembly, name) ?? throw new GpuException(
            GpuErrorKind.StalePtx, $"{module.Name}: its assembly has no resource {name}; {Command}");
        using MemoryStream read = new();
        resource.CopyTo(read);
        read.WriteByte(0);
        byte[] text = read.ToArray();
        int end = Array.IndexOf(text, (byte)'\n');
        string first = Encoding.UTF8.GetString(text, 0, Math.Max(end, 0)).TrimEnd('\r');
        if (first != HashMark + module.CudaHash)
        {
            string found = first.StartsWith(HashMark, StringComparison.Ordinal) ? first[HashMark.Length..] : "no hash";
            throw new GpuException(
                GpuErrorKind.StalePtx,
                $"{module.Name}: {name} was made from another text ({found}, expected {module.CudaHash}); {Command}");
        }

        return text;
    }

    private static Stream? Open(Assembly assembly, string name)
    {
        if (assembly.GetManifestResourceStream(name + ".gz") is Stream compressed)
        {
            return new GZipStream(compressed, CompressionMode.Decompress);
        }

        return assembly.GetManifestResourceStream(name);
    }
}
