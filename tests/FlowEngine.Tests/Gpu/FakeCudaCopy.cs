using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Tests.Gpu;

/// <summary>A stand-in for CUDA of its own, with a device that shares nothing with others: what each process has.</summary>
internal sealed unsafe class FakeCudaCopy
{
    private readonly string _path;
    private readonly nint _library;

    public FakeCudaCopy()
    {
        _path = Path.Combine(Directory.CreateTempSubdirectory("flowengine-cuda-").FullName, "libcuda.so");
        File.Copy(FakeCuda.Path, _path);
        _library = NativeLibrary.Load(_path);
    }

    /// <summary>What callers did wrong, and what is still alive.</summary>
    public string Complaints => Text("fakeCudaComplaints") + Text("fakeCudaLeaks");

    /// <summary>As <see cref="FakeCuda.BeLazy"/>.</summary>
    public void BeLazy() => Call("fakeCudaLazy");

    /// <summary>What other libraries queue runs at once, and before it only what it waits for.</summary>
    public void CallEarly() => Call("fakeCudaCallEarly");

    /// <summary>Its device.</summary>
    public GpuDevice Open() => new GpuDrivers(_path, "/nowhere/libOpenCL.so").Open("cuda:0");

    /// <summary>A backend on its device.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The backend owns its device.")]
    public GpuBackend OpenBackend() => new(Open());

    private void Call(string name) => ((delegate* unmanaged<void>)NativeLibrary.GetExport(_library, name))();

    private string Text(string name) =>
        Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)NativeLibrary.GetExport(_library, name))())!;
}
