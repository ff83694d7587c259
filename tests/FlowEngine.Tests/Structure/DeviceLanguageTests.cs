using FlowEngine.Tests.KernelCompiler;
using Xunit;

namespace FlowEngine.Tests.Structure;

/// <summary>What a kernel is written against compiles without the emulator, which stands on it.</summary>
public sealed class DeviceLanguageTests
{
    [Fact]
    public void The_device_language_needs_no_more_than_the_elementary_functions_of_the_CPU()
    {
        string folder = ProjectFolder.Path("kernels", "FlowEngine.Kernels");
        FolderDependencies found = FolderDependencies.Of(
            "FlowEngine.Kernels",
            Directory.EnumerateFiles(Path.Combine(folder, "Device", "Language"), "*.cs")
                .Select(path => ($"Device/{Path.GetFileName(path)}", File.ReadAllText(path)))
                .Append(("Cpu/SimdMath.cs", File.ReadAllText(Path.Combine(folder, "Cpu", "SimdMath.cs")))));
        Assert.Empty(found.Misplaced);
        Assert.Equal([("Device", "Cpu")], found.Uses.Keys);
    }

    [Fact]
    public void A_planted_use_of_the_emulator_is_an_error() => Assert.Throws<InvalidOperationException>(() =>
        FolderDependencies.Of(
            "FlowEngine.Kernels",
            [("Device/A.cs", "namespace FlowEngine.Kernels.Device; public class A { public Gpu.Emulator.SyncRequest? B; }")]));
}
