using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary>Devices. Each function is described in flowengine.h.</summary>
internal static unsafe class DeviceExports
{
    // The devices that SharedDevice opens: not yet the GPUs that the engine lists.
    private static readonly string[] _names = [DeviceBackend.Names[DeviceBackend.Cpu]];

    [UnmanagedCallersOnly(EntryPoint = "flow_device_count", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DeviceCount(int* count) =>
        Guard.Run(() =>
        {
            Check.NotNull(count, nameof(count));
            *count = _names.Length;
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_device_get", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DeviceGet(int index, DeviceDescription* device) =>
        Guard.Run(() =>
        {
            Check.Struct(device, sizeof(DeviceDescription), nameof(device));
            Check.Choice(nameof(index), index, _names.Length);
            *device = new DeviceDescription
            {
                StructSize = (uint)sizeof(DeviceDescription),
                Backend = DeviceBackend.Cpu,
                Cores = Environment.ProcessorCount,
                MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            };
            Check.Put(_names[index], device->Name, 64);
            Check.Put(Processor.InstructionSet, device->InstructionSet, 32);
        });
}
