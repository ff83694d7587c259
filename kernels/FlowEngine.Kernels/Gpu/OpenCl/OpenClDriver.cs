namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>The functions of OpenCL 1.2 that are used, and what becomes of their results.</summary>
/// <remarks>Function pointers, resolved once: a call costs no marshalling and works in NativeAOT.</remarks>
internal sealed unsafe class OpenClDriver
{
    public readonly delegate* unmanaged<uint, nint*, uint*, int> GetPlatformIds;
    public readonly delegate* unmanaged<nint, ulong, uint, nint*, uint*, int> GetDeviceIds;
    public readonly delegate* unmanaged<nint, uint, nuint, void*, nuint*, int> GetDeviceInfo;
    public readonly delegate* unmanaged<nint*, uint, nint*, nint, nint, int*, nint> CreateContext;
    public readonly delegate* unmanaged<nint, int> ReleaseContext;
    public readonly delegate* unmanaged<nint, nint, ulong, int*, nint> CreateCommandQueue;
    public readonly delegate* unmanaged<nint, int> ReleaseCommandQueue;
    public readonly delegate* unmanaged<nint, int> Flush;
    public readonly delegate* unmanaged<nint, int> Finish;
    public readonly delegate* unmanaged<nint, ulong, nuint, void*, int*, nint> CreateBuffer;
    public readonly delegate* unmanaged<nint, int> ReleaseMemObject;
    public readonly delegate* unmanaged<nint, uint, byte**, nuint*, int*, nint> CreateProgramWithSource;
    public readonly delegate* unmanaged<nint, uint, nint*, byte*, nint, nint, int> BuildProgram;
    public readonly delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int> GetProgramBuildInfo;
    public readonly delegate* unmanaged<nint, int> ReleaseProgram;
    public readonly delegate* unmanaged<nint, byte*, int*, nint> CreateKernel;
    public readonly delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int> GetKernelWorkGroupInfo;
    public readonly delegate* unmanaged<nint, int> ReleaseKernel;
    public readonly delegate* unmanaged<nint, uint, nuint, void*, int> SetKernelArg;
    public readonly delegate* unmanaged<
        nint, nint, uint, nuint*, nuint*, nuint*, uint, nint*, nint*, int> EnqueueNdRangeKernel;

    public readonly delegate* unmanaged<
        nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int> EnqueueReadBuffer;

    public readonly delegate* unmanaged<
        nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int> EnqueueWriteBuffer;

    public readonly delegate* unmanaged<
        nint, nint, nint, nuint, nuint, nuint, uint, nint*, nint*, int> EnqueueCopyBuffer;

    public readonly delegate* unmanaged<
        nint, nint, void*, nuint, nuint, nuint, uint, nint*, nint*, int> EnqueueFillBuffer;

    public readonly delegate* unmanaged<
        nint, nint, uint, ulong, nuint, nuint, uint, nint*, nint*, int*, void*> EnqueueMapBuffer;

    public readonly delegate* unmanaged<nint, nint, void*, uint, nint*, nint*, int> EnqueueUnmapMemObject;
    public readonly delegate* unmanaged<nint, uint, nint*, nint*, int> EnqueueMarkerWithWaitList;
    public readonly delegate* unmanaged<nint, uint, nint*, nint*, int> EnqueueBarrierWithWaitList;
    public readonly delegate* unmanaged<uint, nint*, int> WaitForEvents;
    public readonly delegate* unmanaged<nint, uint, nuint, void*, nuint*, int> GetEventProfilingInfo;
    public readonly delegate* unmanaged<nint, int> RetainEvent;
    public readonly delegate* unmanaged<nint, int> ReleaseEvent;

    private OpenClDriver(DriverLibrary library)
    {
        GetPlatformIds = (delegate* unmanaged<uint, nint*, uint*, int>)library.Find("clGetPlatformIDs");
        GetDeviceIds = (delegate* unmanaged<nint, ulong, uint, nint*, uint*, int>)library.Find("clGetDeviceIDs");
        GetDeviceInfo = (delegate* unmanaged<nint, uint, nuint, void*, nuint*, int>)library.Find("clGetDeviceInfo");
        CreateContext =
            (delegate* unmanaged<nint*, uint, nint*, nint, nint, int*, nint>)library.Find("clCreateContext");
        ReleaseContext = (delegate* unmanaged<nint, int>)library.Find("clReleaseContext");
        CreateCommandQueue = (delegate* unmanaged<nint, nint, ulong, int*, nint>)library.Find("clCreateCommandQueue");
        ReleaseCommandQueue = (delegate* unmanaged<nint, int>)library.Find("clReleaseCommandQueue");
        Flush = (delegate* unmanaged<nint, int>)library.Find("clFlush");
        Finish = (delegate* unmanaged<nint, int>)library.Find("clFinish");
        CreateBuffer = (delegate* unmanaged<nint, ulong, nuint, void*, int*, nint>)library.Find("clCreateBuffer");
        ReleaseMemObject = (delegate* unmanaged<nint, int>)library.Find("clReleaseMemObject");
        CreateProgramWithSource =
            (delegate* unmanaged<nint, uint, byte**, nuint*, int*, nint>)library.Find("clCreateProgramWithSource");
        BuildProgram = (delegate* unmanaged<nint, uint, nint*, byte*, nint, nint, int>)library.Find("clBuildProgram");
        GetProgramBuildInfo =
            (delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int>)library.Find("clGetProgramBuildInfo");
        ReleaseProgram = (delegate* unmanaged<nint, int>)library.Find("clReleaseProgram");
        CreateKernel = (delegate* unmanaged<nint, byte*, int*, nint>)library.Find("clCreateKernel");
        GetKernelWorkGroupInfo =
            (delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int>)library.Find("clGetKernelWorkGroupInfo");
        ReleaseKernel = (delegate* unmanaged<nint, int>)library.Find("clReleaseKernel");
        SetKernelArg = (delegate* unmanaged<nint, uint, nuint, void*, int>)library.Find("clSetKernelArg");
        EnqueueNdRangeKernel = (delegate* unmanaged<
            nint, nint, uint, nuint*, nuint*, nuint*, uint, nint*, nint*, int>)library.Find("clEnqueueNDRangeKernel");
        EnqueueReadBuffer = (delegate* unmanaged<
            nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int>)library.Find("clEnqueueReadBuffer");
        EnqueueWriteBuffer = (delegate* unmanaged<
            nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int>)library.Find("clEnqueueWriteBuffer");
        EnqueueCopyBuffer = (delegate* unmanaged<
            nint, nint, nint, nuint, nuint, nuint, uint, nint*, nint*, int>)library.Find("clEnqueueCopyBuffer");
        EnqueueFillBuffer = (delegate* unmanaged<
            nint, nint, void*, nuint, nuint, nuint, uint, nint*, nint*, int>)library.Find("clEnqueueFillBuffer");
        EnqueueMapBuffer = (delegate* unmanaged<
            nint, nint, uint, ulong, nuint, nuint, uint, nint*, nint*, int*, void*>)library.Find("clEnqueueMapBuffer");
        EnqueueUnmapMemObject =
            (delegate* unmanaged<nint, nint, void*, uint, nint*, nint*, int>)library.Find("clEnqueueUnmapMemObject");
        EnqueueMarkerWithWaitList =
            (delegate* unmanaged<nint, uint, nint*, nint*, int>)library.Find("clEnqueueMarkerWithWaitList");
        EnqueueBarrierWithWaitList =
            (delegate* unmanaged<nint, uint, nint*, nint*, int>)library.Find("clEnqueueBarrierWithWaitList");
        WaitForEvents = (delegate* unmanaged<uint, nint*, int>)library.Find("clWaitForEvents");
        GetEventProfilingInfo =
            (delegate* unmanaged<nint, uint, nuint, void*, nuint*, int>)library.Find("clGetEventProfilingInfo");
        RetainEvent = (delegate* unmanaged<nint, int>)library.Find("clRetainEvent");
        ReleaseEvent = (delegate* unmanaged<nint, int>)library.Find("clReleaseEvent");
    }

    /// <summary>Loads the library that finds the drivers of the machine.</summary>
    /// <param name="path">The library, or null for the system's.</param>
    /// <exception cref="GpuException">NoDevice: there is none, or it is older than OpenCL 1.2.</exception>
    public static OpenClDriver Load(string? path) => new(path is not null
        ? DriverLibrary.Load("OpenCL", path)
        : OperatingSystem.IsWindows()
            ? DriverLibrary.Load("OpenCL", "OpenCL.dll")
            : OperatingSystem.IsMacOS()
                ? DriverLibrary.Load("OpenCL", "/System/Library/Frameworks/OpenCL.framework/OpenCL")
                : DriverLibrary.Load("OpenCL", "libOpenCL.so.1", "libOpenCL.so"));

    /// <summary>The devices of all platforms, in the order of the drivers.</summary>
    /// <exception cref="GpuException">The library finds no driver.</exception>
    public List<nint> Devices()
    {
        const ulong AllTypes = 0xFFFFFFFF;

        List<nint> devices = [];
        uint count;
        Check(GetPlatformIds(0, null, &count), "clGetPlatformIDs");
        nint[] platforms = new nint[count];
        fixed (nint* first = platforms)
        {
            Check(GetPlatformIds(count, first, null), "clGetPlatformIDs");
        }

        foreach (nint platform in platforms)
        {
            int code = GetDeviceIds(platform, AllTypes, 0, null, &count);
            if (code == OpenClResult.DeviceNotFound || count == 0)
            {
                continue;
            }

            Check(code, "clGetDeviceIDs");
            nint[] found = new nint[count];
            fixed (nint* first = found)
            {
                Check(GetDeviceIds(platform, AllTypes, count, first, null), "clGetDeviceIDs");
            }

            devices.AddRange(found);
        }

        return devices;
    }

    /// <summary>Throws if a call failed.</summary>
    /// <param name="code">Its result.</param>
    /// <param name="call">Its name, and what it was about.</param>
    public static void Check(int code, string call)
    {
        if (code != OpenClResult.Success)
        {
            throw OpenClResult.Error(code, call);
        }
    }
}
