using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Execution;

namespace FlowEngine.Native;

/// <summary>Devices. Each function is described in flowengine.h.</summary>
internal static unsafe class DeviceExports
{
    [UnmanagedCallersOnly(EntryPoint = "flow_device_count", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DeviceCount(int* count) =>
        Guard.Run(() =>
        {
            Check.NotNull(count, nameof(count));
            *count = Devices.Names.Count;
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_device_get", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DeviceGet(int index, DeviceDescription* device) =>
        Guard.Run(() =>
        {
            Check.Struct(device, sizeof(DeviceDescription), nameof(device));
            Check.Choice(nameof(index), index, Devices.Names.Count);
            *device = new DeviceDescription
            {
                StructSize = (uint)sizeof(DeviceDescription),
                Backend = DeviceBackend.Cpu,
                Cores = Environment.ProcessorCount,
                MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            };
            Check.Put(Devices.Names[index], device->Name, 64);
            Check.Put(Processor.InstructionSet, device->InstructionSet, 32);
        });
}
