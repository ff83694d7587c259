namespace FlowEngine.Kernels.Gpu;

/// <summary>What went wrong on a device. Numbers are never reused.</summary>
public enum GpuErrorKind
{
    /// <summary>There is no such device, or its driver is missing.</summary>
    NoDevice = 1,

    /// <summary>The device has too little memory left.</summary>
    OutOfMemory = 2,

    /// <summary>A launch, a copy or a size that the device cannot do.</summary>
    InvalidOperation = 3,

    /// <summary>The driver did not compile or load a kernel; its log is in the message.</summary>
    Compilation = 4,

    /// <summary>The committed PTX does not belong to the kernel's text.</summary>
    StalePtx = 5,

    /// <summary>The device was lost or a kernel crashed it: what was on it is gone.</summary>
    DeviceLost = 6,

    /// <summary>The emulator found a fault of the kernel.</summary>
    KernelFault = 7,

    /// <summary>Any other error of the driver.</summary>
    Driver = 8,

    /// <summary>A pointer or a stream of a caller that the device cannot use.</summary>
    BadHandle = 9,
}
