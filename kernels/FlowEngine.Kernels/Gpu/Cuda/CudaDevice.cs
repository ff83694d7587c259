using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;

namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>
/// A GPU through its primary context, which most libraries of the process share, or through a context that another library
/// made: pointers and streams of a context are common to all who use it.
/// </summary>
/// <remarks>
/// Disposing never throws: what work had failed, the calls before it said, and a lost device has nothing left to free.
/// Nothing has a finalizer, because a driver's calls at a random time would break a capture; the device frees what is
/// left when it is disposed.
/// </remarks>
internal sealed unsafe class CudaDevice : GpuDevice
{
    private const int MaxSharedPerGroup = 97;
    private const int MultiprocessorCount = 16;
    private const int CapabilityMajor = 75;
    private const int CapabilityMinor = 76;
    private const int OldestCapabilityMajor = 8;
    private const int NameLength = 256;
    private const uint HostMemoryOfAllContexts = 1;
    private const int SharedSizeOfFunction = 1;
    private const int MaxDynamicSharedOfFunction = 8;
    private const int ContextOfPointer = 1;
    private const int MemoryTypeOfPointer = 2;
    private const int OrdinalOfPointer = 9;
    private const int MemoryOfDevice = 2;

    private readonly int _device;
    private readonly bool _isAttached;
    private readonly ConcurrentDictionary<KernelDescriptor, nint> _functions = [];
    private readonly Dictionary<KernelModule, nint> _modules = [];
    private readonly Lock _loading = new();
    private nint _context;

    public CudaDevice(CudaDriver driver, GpuDeviceInfo info)
        : base(info)
    {
        Driver = driver;
        int device;
        Check(driver.DeviceGet(&device, info.Index), "cuDeviceGet");
        nint context;
        Check(driver.DevicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain");
        _device = device;
        _context = context;
    }

    /// <summary>A GPU in a context of another library, which stays alive as long as this.</summary>
    public CudaDevice(CudaDriver driver, GpuDeviceInfo info, nint context)
        : base(info)
    {
        Driver = driver;
        _isAttached = true;
        _context = context;
        int device;
        Check(driver.DeviceGet(&device, info.Index), "cuDeviceGet");
        int found;
        using (Enter())
        {
            Check(driver.CtxGetDevice(&found), "cuCtxGetDevice");
        }

        _device = device == found
            ? device
            : throw new GpuException(
                GpuErrorKind.BadHandle, $"{Info.Selector}: the context is one of device {found}, expected {device}");
    }

    /// <summary>A device that NCCL can join with others.</summary>
    /// <exception cref="GpuException">NoDevice: it is not CUDA's.</exception>
    public static CudaDevice Of(GpuDevice device) => device as CudaDevice
        ?? throw new GpuException(
            GpuErrorKind.NoDevice, $"{device.Info.Selector} has no NCCL to join other GPUs by, expected a CUDA device");

    public CudaDriver Driver { get; }

    public LiveObjects Live { get; } = new();

    /// <summary>Adds the driver's devices to a list, and to another why one of them cannot be used.</summary>
    public static void List(CudaDriver driver, List<GpuDeviceInfo> devices, List<string> missing)
    {
        int count;
        driver.Check(driver.DeviceGetCount(&count), "cuDeviceGetCount");
        if (count == 0)
        {
            missing.Add("no CUDA device: the driver lists none");
        }

        for (int i = 0; i < count; i++)
        {
            try
            {
                devices.Add(Describe(driver, i));
            }
            catch (GpuException e)
            {
                missing.Add($"cuda:{i}: {e.Message}");
            }
        }
    }

    public override bool LaunchesGraphs => true;

    public override PinnedBuffer<T> AllocatePinned<T>(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        nuint bytes = checked((nuint)length * (nuint)Unsafe.SizeOf<T>());
        void* pointer;
        using CudaScope scope = Enter();
        Check(Driver.MemHostAlloc(&pointer, bytes, HostMemoryOfAllContexts), $"cuMemHostAlloc of {bytes} bytes");
        CudaPinnedBuffer<T> buffer = new(this, (nint)pointer, length);
        Live.Add(buffer);
        return buffer;
    }

    public override GpuStream CreateStream() => new CudaStream(this);

    public override GpuEvent CreateEvent() => new CudaEvent(this);

    public override (long Free, long Total) MemoryInBytes()
    {
        nuint free;
        nuint total;
        using CudaScope scope = Enter();
        Check(Driver.MemGetInfo(&free, &total), "cuMemGetInfo");
        return ((long)free, (long)total);
    }

    internal override GpuView<T> Foreign<T>(nint pointer, long length, string name)
    {
        ulong first = (ulong)pointer;
        long bytes = checked(length * Unsafe.SizeOf<T>());
        if (length < 1 || first % (uint)Unsafe.SizeOf<T>() != 0)
        {
            throw NotHere(name, first, $"expected {length} values, aligned to {Unsafe.SizeOf<T>()} bytes");
        }

        RequireHere(name, first);
        RequireHere(name, checked(first + (ulong)bytes - 1));
        return new(new CudaMemory(this, first, bytes), 0, length);
    }

    /// <summary>Makes the context current until the scope is disposed.</summary>
    public CudaScope Enter()
    {
        ObjectDisposedException.ThrowIf(_context == 0, this);
        return new CudaScope(Driver, _context);
    }

    public void Check(int code, string call)
    {
        if (code != 0)
        {
            throw Driver.Error(code, $"{Info.Selector}: {call}");
        }
    }

    /// <summary>Calls the function that frees a handle.</summary>
    /// <param name="owner">Its owner, which is no longer live.</param>
    /// <param name="destroy">The function.</param>
    /// <param name="handle">The handle.</param>
    public void Destroy(IDisposable owner, delegate* unmanaged<nint, int> destroy, nint handle)
    {
        Live.Remove(owner);
        if (TryPush())
        {
            _ = destroy(handle);
            Pop();
        }
    }

    public void Free(CudaMemory memory, ulong pointer)
    {
        Live.Remove(memory);
        if (TryPush())
        {
            _ = Driver.MemFree(pointer);
            Pop();
        }
    }

    /// <summary>Makes the context current for what frees; false where there is nothing left to free.</summary>
    public bool TryPush() => _context != 0 && Driver.CtxPushCurrent(_context) == 0;

    /// <summary>Puts the caller's context back.</summary>
    public void Pop()
    {
        nint context;
        _ = Driver.CtxPopCurrent(&context);
    }

    /// <summary>The function of a kernel; the first use loads its module.</summary>
    /// <param name="kernel">The kernel.</param>
    public nint Function(KernelDescriptor kernel) =>
        _functions.TryGetValue(kernel, out nint function) ? function : LoadFunction(kernel);

    internal override GpuMemory AllocateMemory(long lengthInBytes)
    {
        ulong pointer;
        int code;
        using (Enter())
        {
            code = Driver.MemAlloc(&pointer, (nuint)lengthInBytes);
        }

        if (code == CudaResult.OutOfMemory)
        {
            (long free, long total) = MemoryInBytes();
            throw Driver.Error(
                code,
                $"{Info.Selector}: {lengthInBytes} bytes of memory were asked for, {free} of {total} are free: cuMemAlloc");
        }

        Check(code, $"cuMemAlloc of {lengthInBytes} bytes");
        CudaMemory memory = new(this, pointer, lengthInBytes);
        Live.Add(memory);
        return memory;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Live.Dispose();
        if (_context == 0)
        {
            return;
        }

        if (TryPush())
        {
            foreach (nint module in _modules.Values)
            {
                _ = Driver.ModuleUnload(module);
            }

            Pop();
        }

        _context = 0;
        if (!_isAttached)
        {
            _ = Driver.DevicePrimaryCtxRelease(_device);
        }
    }

    // The driver knows of every byte whose memory it is.
    private void RequireHere(string name, ulong address)
    {
        int type = 0;
        int ordinal = -1;
        int code;
        using (Enter())
        {
            code = Driver.PointerGetAttribute(&type, MemoryTypeOfPointer, address);
            if (code == 0)
            {
                code = Driver.PointerGetAttribute(&ordinal, OrdinalOfPointer, address);
            }
        }

        if (code == CudaResult.InvalidValue || (code == 0 && (type != MemoryOfDevice || ordinal != Info.Index)))
        {
            string found = code != 0 ? "the driver does not know it"
                : type != MemoryOfDevice ? "it is host memory"
                : $"it is on cuda:{ordinal}";
            throw NotHere(name, address, $"{found}; expected memory of this device");
        }

        Check(code, "cuPointerGetAttribute");
        RequireContext(name, address);
    }

    // Mapped memory and that of the driver's pools is a device's and no context's: the driver names none, or says so.
    private void RequireContext(string name, ulong address)
    {
        nint context = 0;
        int code;
        using (Enter())
        {
            code = Driver.PointerGetAttribute(&context, ContextOfPointer, address);
        }

        if (code == 0 && context != 0 && context != _context)
        {
            throw NotHere(name, address, "it is in another CUDA context of this GPU; expected memory of this device's context");
        }

        Check(code == CudaResult.InvalidValue ? 0 : code, "cuPointerGetAttribute");
    }

    private GpuException NotHere(string name, ulong address, string why) =>
        new(GpuErrorKind.BadHandle, $"{Info.Selector}: {name} at 0x{address:x}: {why}");

    private static GpuDeviceInfo Describe(CudaDriver driver, int index)
    {
        int device;
        driver.Check(driver.DeviceGet(&device, index), "cuDeviceGet");
        byte* name = stackalloc byte[NameLength];
        driver.Check(driver.DeviceGetName(name, NameLength, device), "cuDeviceGetName");
        nuint memory;
        driver.Check(driver.DeviceTotalMem(&memory, device), "cuDeviceTotalMem");
        int major = Attribute(driver, CapabilityMajor, device);
        int minor = Attribute(driver, CapabilityMinor, device);
        if (major < OldestCapabilityMajor)
        {
            throw new GpuException(
                GpuErrorKind.NoDevice, $"compute capability {major}.{minor} is too old, expected 8.0 (Ampere)");
        }

        return new GpuDeviceInfo(
            GpuRunner.Cuda,
            index,
            Text(name, NameLength),
            (long)memory,
            $"compute capability {major}.{minor}",
            Attribute(driver, MultiprocessorCount, device),
            Attribute(driver, MaxSharedPerGroup, device));
    }

    private static int Attribute(CudaDriver driver, int attribute, int device)
    {
        int value;
        driver.Check(driver.DeviceGetAttribute(&value, attribute, device), "cuDeviceGetAttribute");
        return value;
    }

    private static string Text(byte* bytes, int room)
    {
        ReadOnlySpan<byte> text = new(bytes, room);
        int end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }

    private nint LoadFunction(KernelDescriptor kernel)
    {
        lock (_loading)
        {
            if (_functions.TryGetValue(kernel, out nint function))
            {
                return function;
            }

            function = GetFunction(Module(kernel.Module), kernel);
            _functions[kernel] = function;
            return function;
        }
    }

    private nint Module(KernelModule module)
    {
        if (!_modules.TryGetValue(module, out nint handle))
        {
            byte[] ptx = ModulePtx.Read(module);
            _modules[module] = handle = CudaModuleLoader.Load(this, module.Name, ptx);
        }

        return handle;
    }

    private nint GetFunction(nint module, KernelDescriptor kernel)
    {
        byte[] name = Encoding.UTF8.GetBytes(kernel.Name + '\0');
        nint function;
        int shared = 0;
        int code;
        using (Enter())
        {
            fixed (byte* first = name)
            {
                code = Driver.ModuleGetFunction(&function, module, first);
            }
        }

        Check(code, $"cuModuleGetFunction of {kernel.Name}");
        if (!kernel.UsesDynamicShared)
        {
            return function;
        }

        // Over 48 KiB a function must say so beforehand; what is left beside its own arrays is allowed once for all.
        using (Enter())
        {
            code = Driver.FuncGetAttribute(&shared, SharedSizeOfFunction, function);
        }

        Check(code, $"cuFuncGetAttribute of {kernel.Name}");
        using (Enter())
        {
            code = Driver.FuncSetAttribute(function, MaxDynamicSharedOfFunction, Info.MaxSharedBytesPerGroup - shared);
        }

        Check(code, $"cuFuncSetAttribute of {kernel.Name}");
        return function;
    }
}
