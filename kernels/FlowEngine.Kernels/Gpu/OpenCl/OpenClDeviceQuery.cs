using System.Text;

namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>What a driver says of a device (cl_device_info in CL/cl.h).</summary>
internal readonly unsafe struct OpenClDeviceQuery(OpenClDriver driver, nint device)
{
    public const uint Type = 0x1000;
    public const uint ComputeUnits = 0x1002;
    public const uint MaxAllocation = 0x1010;
    public const uint SingleFloat = 0x101B;
    public const uint GlobalMemory = 0x101F;
    public const uint LocalMemory = 0x1023;
    public const uint Available = 0x1027;
    public const uint CompilerAvailable = 0x1028;
    public const uint Name = 0x102B;
    public const uint Version = 0x102F;

    public uint Word(uint what)
    {
        uint value;
        OpenClDriver.Check(driver.GetDeviceInfo(device, what, sizeof(uint), &value, null), "clGetDeviceInfo");
        return value;
    }

    public long Long(uint what)
    {
        ulong value;
        OpenClDriver.Check(driver.GetDeviceInfo(device, what, sizeof(ulong), &value, null), "clGetDeviceInfo");
        return (long)Math.Min(value, long.MaxValue);
    }

    public string Text(uint what)
    {
        nuint length;
        OpenClDriver.Check(driver.GetDeviceInfo(device, what, 0, null, &length), "clGetDeviceInfo");
        byte[] bytes = new byte[length];
        fixed (byte* first = bytes)
        {
            OpenClDriver.Check(driver.GetDeviceInfo(device, what, length, first, null), "clGetDeviceInfo");
        }

        return Encoding.UTF8.GetString(bytes).TrimEnd('\0').Trim();
    }
}
