using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Native;

/// <summary>Devices: the CPU, then the GPUs. Each function is described in flowengine.h.</summary>
internal static unsafe class DeviceExports
{
    [UnmanagedCallersOnly(EntryPoint = "flow_device_count", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DeviceCount(int* count) =>
        Guard.Run(() =>
        {
            Check.NotNull(count, nameof(count));
            *count = 1 + GpuDevices.List().Count;
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_device_get", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DeviceGet(int index, DeviceDescription* device) =>
        Guard.Run(() =>
        {
            Check.Struct(device, sizeof(DeviceDescription), nameof(device));
            Check.Choice(nameof(index), index, 1 + GpuDevices.List().Count);
            *device = new DeviceDescription { StructSize = (uint)sizeof(DeviceDescription) };
            if (index == 0)
            {
                device->Backend = DeviceBackend.Cpu;
                device->Cores = Environment.ProcessorCount;
                device->MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
                Check.Put("cpu", device->Name, 64);
                Check.Put(Processor.InstructionSet, device->InstructionSet, 32);
                return;
            }

            GpuDeviceInfo gpu = GpuDevices.List()[index - 1];
            device->Backend = DeviceBackend.Of(gpu.Runner);
            device->Device = gpu.Index;
            device->Cores = gpu.Multiprocessors;
            device->MemoryBytes = gpu.MemoryInBytes;
            Check.Put(gpu.Name, device->Name, 64);
            Check.Put(gpu.Version, device->InstructionSet, 32);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_device_memory", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DeviceMemory(int index, long* freeBytes, long* totalBytes) =>
        Guard.Run(() =>
        {
            Check.NotNull(freeBytes, "free_bytes");
            Check.NotNull(totalBytes, "total_bytes");
            Check.Choice(nameof(index), index, 1 + GpuDevices.List().Count);
            if (index == 0)
            {
                // The collector notes how full memory is when it runs.
                GC.Collect(0);
                GCMemoryInfo memory = GC.GetGCMemoryInfo();
                *totalBytes = memory.TotalAvailableMemoryBytes;
                *freeBytes = Math.Max(0, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes);
            }
            else
            {
                (*freeBytes, *totalBytes) = SharedDevice.MemoryInBytes(GpuDevices.List()[index - 1].Selector);
            }
        });
}
