using System.Globalization;
using System.Text;

namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>A device of an OpenCL driver, with a context of its own.</summary>
/// <remarks>
/// Disposing never throws: what work had failed, the calls before it said. Nothing has a finalizer; the device frees what
/// is left when it is disposed.
/// </remarks>
internal sealed unsafe class OpenClDevice : GpuDevice
{
    // What the largest GPU has. Drivers for CPUs offer more, and what needs it would run nowhere else.
    private const long MaxSharedBytesOfGpus = 227 * 1024;
    private const ulong ReadAndWrite = 1 << 0;

    private readonly nint _device;
    private readonly Dictionary<KernelModule, nint> _programs = [];
    private readonly Lock _building = new();
    private readonly long _maxAllocation;
    private nint _context;
    private long _allocated;

    public OpenClDevice(OpenClDriver driver, GpuDeviceInfo info)
        : base(info)
    {
        Driver = driver;
        nint device = driver.Devices()[info.Index];
        OpenClDeviceQuery query = new(driver, device);
        _device = device;
        _maxAllocation = query.Long(OpenClDeviceQuery.MaxAllocation);
        int code;
        _context = driver.CreateContext(null, 1, &device, 0, 0, &code);
        Check(code, "clCreateContext");
        CopyQueue = driver.CreateCommandQueue(_context, device, 0, &code);
        if (code != 0)
        {
            _ = driver.ReleaseContext(_context);
            Check(code, "clCreateCommandQueue");
        }
    }

    public OpenClDriver Driver { get; }

    public LiveObjects Live { get; } = new();

    public PinnedRanges Pinned { get; } = new();

    /// <summary>A queue that pinned memory is mapped by.</summary>
    public nint CopyQueue { get; }

    public nint Context
    {
        get
        {
            ObjectDisposedException.ThrowIf(_context == 0, this);
            return _context;
        }
    }

    /// <summary>Adds the drivers' devices to a list, and to another why one of them cannot be used.</summary>
    public static void List(OpenClDriver driver, List<GpuDeviceInfo> devices, List<string> missing)
    {
        List<nint> found = driver.Devices();
        if (found.Count == 0)
        {
            missing.Add("no OpenCL device: the drivers list none");
        }

        for (int i = 0; i < found.Count; i++)
        {
            try
            {
                devices.Add(Describe(new OpenClDeviceQuery(driver, found[i]), i));
            }
            catch (GpuException e)
            {
                missing.Add($"opencl:{i}: {e.Message}");
            }
        }
    }

    public override PinnedBuffer<T> AllocatePinned<T>(int length) => new OpenClPinnedBuffer<T>(this, length);

    public override GpuStream CreateStream()
    {
        const ulong WithTimes = 1 << 1;

        int code;
        nint queue = Driver.CreateCommandQueue(Context, _device, WithTimes, &code);
        Check(code, "clCreateCommandQueue");
        OpenClStream stream = new(this, queue);
        Live.Add(stream);
        return stream;
    }

    public override GpuEvent CreateEvent() => new OpenClEvent(this);

    /// <summary>OpenCL does not say what is free: here it is what this process has not allocated.</summary>
    public override (long Free, long Total) MemoryInBytes() =>
        (Info.MemoryInBytes - Interlocked.Read(ref _allocated), Info.MemoryInBytes);

    public void Check(int code, string call)
    {
        if (code != 0)
        {
            throw OpenClResult.Error(code, $"{Info.Selector}: {call}");
        }
    }

    public void CheckWork(int code, string call)
    {
        if (code != 0)
        {
            throw OpenClResult.ErrorOfWork(code, $"{Info.Selector}: {call}");
        }
    }

    public void Free(OpenClMemory memory, nint handle)
    {
        Live.Remove(memory);
        Interlocked.Add(ref _allocated, -memory.LengthInBytes);
        _ = Driver.ReleaseMemObject(handle);
    }

    /// <summary>
    /// A kernel object of the caller's own: arguments are set on it, which two threads must not do at once.
    /// </summary>
    /// <param name="kernel">The kernel; the first use builds its module.</param>
    public nint CreateKernel(KernelDescriptor kernel)
    {
        if (!kernel.Portable)
        {
            throw new GpuException(
                GpuErrorKind.InvalidOperation,
                $"{Info.Selector}: {kernel.Name} runs only on CUDA; its portable twin runs here");
        }

        byte[] name = Encoding.UTF8.GetBytes(kernel.Name + '\0');
        nint program = Program(kernel.Module);
        nint handle;
        int code;
        fixed (byte* first = name)
        {
            handle = Driver.CreateKernel(program, first, &code);
        }

        Check(code, $"clCreateKernel of {kernel.Name}");
        try
        {
            CheckLimits(kernel, handle);
        }
        catch (GpuException)
        {
            _ = Driver.ReleaseKernel(handle);
            throw;
        }

        return handle;
    }

    internal override GpuMemory AllocateMemory(long lengthInBytes)
    {
        // Drivers allocate when memory is first used, and say no in the middle of work: what cannot be is refused here.
        (long free, long total) = MemoryInBytes();
        int code = OpenClResult.AllocationFailure;
        nint handle = 0;
        if (lengthInBytes <= free && lengthInBytes <= _maxAllocation)
        {
            handle = Driver.CreateBuffer(Context, ReadAndWrite, (nuint)lengthInBytes, null, &code);
        }

        if (code is OpenClResult.AllocationFailure or OpenClResult.OutOfResources
            or OpenClResult.OutOfHostMemory or OpenClResult.InvalidBufferSize)
        {
            GpuException error = OpenClResult.Error(
                code,
                $"{Info.Selector}: {lengthInBytes} bytes of memory were asked for, {free} of {total} are free, "
                + $"{_maxAllocation} at once: clCreateBuffer");
            throw new GpuException(GpuErrorKind.OutOfMemory, error.Message, code);
        }

        Check(code, $"clCreateBuffer of {lengthInBytes} bytes");
        Interlocked.Add(ref _allocated, lengthInBytes);
        OpenClMemory memory = new(this, handle, lengthInBytes);
        Live.Add(memory);
        return memory;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Live.Dispose();
        nint context = Interlocked.Exchange(ref _context, 0);
        if (context == 0)
        {
            return;
        }

        foreach (nint program in _programs.Values)
        {
            _ = Driver.ReleaseProgram(program);
        }

        _ = Driver.ReleaseCommandQueue(CopyQueue);
        _ = Driver.ReleaseContext(context);
    }

    private static GpuDeviceInfo Describe(OpenClDeviceQuery query, int index)
    {
        string version = query.Text(OpenClDeviceQuery.Version);
        string[] numbers = version.Split(' ', '.');
        bool isNewEnough = numbers.Length > 2
            && int.TryParse(numbers[1], CultureInfo.InvariantCulture, out int major)
            && int.TryParse(numbers[2], CultureInfo.InvariantCulture, out int minor)
            && (major > 1 || minor >= 2);
        string? reason = isNewEnough ? null : $"it supports {version}, expected OpenCL 1.2";
        reason ??= query.Word(OpenClDeviceQuery.Available) == 0 ? "the driver says that it is not available" : null;
        reason ??= query.Word(OpenClDeviceQuery.CompilerAvailable) == 0 ? "the driver has no compiler" : null;
        if (reason is not null)
        {
            throw new GpuException(GpuErrorKind.NoDevice, $"{query.Text(OpenClDeviceQuery.Name)}: {reason}");
        }

        return new GpuDeviceInfo(
            GpuRunner.OpenCl,
            index,
            query.Text(OpenClDeviceQuery.Name),
            query.Long(OpenClDeviceQuery.GlobalMemory),
            version,
            (int)query.Word(OpenClDeviceQuery.ComputeUnits),
            (int)Math.Min(query.Long(OpenClDeviceQuery.LocalMemory), MaxSharedBytesOfGpus));
    }

    private nint Program(KernelModule module)
    {
        lock (_building)
        {
            if (!_programs.TryGetValue(module, out nint program))
            {
                _programs[module] = program = OpenClProgramBuilder.Build(this, _device, module);
            }

            return program;
        }
    }

    private void CheckLimits(KernelDescriptor kernel, nint handle)
    {
        const uint WorkGroupSize = 0x11B0;
        const uint LocalMemorySize = 0x11B2;

        nuint threads;
        Check(
            Driver.GetKernelWorkGroupInfo(handle, _device, WorkGroupSize, (nuint)sizeof(nuint), &threads, null),
            $"clGetKernelWorkGroupInfo of {kernel.Name}");
        if (threads < (nuint)kernel.BlockSize)
        {
            throw new GpuException(
                GpuErrorKind.InvalidOperation,
                $"{Info.Selector}: {kernel.Name} has groups of {kernel.BlockSize} threads, the device runs at most {threads}");
        }

        // With the scratch of warp operations, which only OpenCL needs.
        ulong shared;
        Check(
            Driver.GetKernelWorkGroupInfo(handle, _device, LocalMemorySize, sizeof(ulong), &shared, null),
            $"clGetKernelWorkGroupInfo of {kernel.Name}");
        if (shared > (ulong)Info.MaxSharedBytesPerGroup)
        {
            throw new GpuException(
                GpuErrorKind.InvalidOperation,
                $"{Info.Selector}: a group of {kernel.Name} needs {shared} bytes of shared memory, the device has "
                + $"{Info.MaxSharedBytesPerGroup}");
        }
    }
}
