using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FlowEngine.Native;

/// <summary>What has to be there before a second thread runs.</summary>
internal static class RuntimeStart
{
    /// <summary>Runs while the runtime starts, with every other caller waiting.</summary>
    /// <remarks>
    /// The first lock of the process that two threads want reads an environment variable, which needs the UTF-8 encoding. Where
    /// that is the lock of the encoding's own class construction, .NET 10 finds no encoding and ends the process. So the encoding
    /// is constructed here.
    /// </remarks>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "A NativeAOT library is a program to its runtime.")]
    internal static void ConstructEncoding() => _ = Environment.GetEnvironmentVariable("FLOWENGINE_CUDA_LIBRARY");
}
