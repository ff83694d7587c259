using System.Runtime.InteropServices;

namespace FlowEngine.Tests.Gpu;

/// <summary>
/// Another library of the process, which has memory and streams of its own, in the device's primary context or in one that it
/// made.
/// </summary>
internal sealed unsafe class FakeCudaCaller : IDisposable
{
    private readonly nint _library;
    private readonly bool _ownsContext;
    private readonly List<nint> _memory = [];
    private readonly List<nint> _streams = [];

    public FakeCudaCaller(string library, bool ownsContext = false)
    {
        _ownsContext = ownsContext;
        _library = NativeLibrary.Load(library);
        ((delegate* unmanaged<uint, int>)Find("cuInit"))(0);
        nint context;
        if (ownsContext)
        {
            Check(((delegate* unmanaged<nint*, uint, int, int>)Find("cuCtxCreate_v2"))(&context, 0, 0));
            Pop(0);
        }
        else
        {
            Check(((delegate* unmanaged<nint*, int, int>)Find("cuDevicePrimaryCtxRetain"))(&context, 0));
        }

        Context = context;
    }

    public nint Context { get; }

    public nint Allocate(int lengthInBytes)
    {
        nint pointer;
        Push();
        Pop(((delegate* unmanaged<nint*, nuint, int>)Find("cuMemAlloc_v2"))(&pointer, (nuint)lengthInBytes));
        _memory.Add(pointer);
        return pointer;
    }

    public nint CreateStream()
    {
        nint stream;
        Push();
        Pop(((delegate* unmanaged<nint*, uint, int>)Find("cuStreamCreate"))(&stream, 1));
        _streams.Add(stream);
        return stream;
    }

    public void Write<T>(ReadOnlySpan<T> values, nint pointer, nint stream)
        where T : unmanaged
    {
        Push();
        fixed (T* from = values)
        {
            Pop(((delegate* unmanaged<nint, void*, nuint, nint, int>)Find("cuMemcpyHtoDAsync_v2"))(
                pointer, from, (nuint)(values.Length * sizeof(T)), stream));
        }
    }

    public T[] Read<T>(nint pointer, int length, nint stream)
        where T : unmanaged
    {
        T[] values = new T[length];
        Push();
        fixed (T* to = values)
        {
            Pop(((delegate* unmanaged<void*, nint, nuint, nint, int>)Find("cuMemcpyDtoHAsync_v2"))(
                to, pointer, (nuint)(length * sizeof(T)), stream));
        }

        return values;
    }

    public void BeginCapture(nint stream)
    {
        Push();
        Pop(((delegate* unmanaged<nint, int, int>)Find("cuStreamBeginCapture_v2"))(stream, 2));
    }

    public void Dispose()
    {
        Push();
        foreach (nint stream in _streams)
        {
            Check(((delegate* unmanaged<nint, int>)Find("cuStreamDestroy_v2"))(stream));
        }

        foreach (nint pointer in _memory)
        {
            Check(((delegate* unmanaged<nint, int>)Find("cuMemFree_v2"))(pointer));
        }

        Pop(_ownsContext
            ? 0
            : ((delegate* unmanaged<int, int>)Find("cuDevicePrimaryCtxRelease_v2"))(0));
        if (_ownsContext)
        {
            Check(((delegate* unmanaged<nint, int>)Find("cuCtxDestroy_v2"))(Context));
        }
    }

    private void Push() => Check(((delegate* unmanaged<nint, int>)Find("cuCtxPushCurrent_v2"))(Context));

    private void Pop(int code)
    {
        nint context;
        Check(((delegate* unmanaged<nint*, int>)Find("cuCtxPopCurrent_v2"))(&context));
        Check(code);
    }

    private nint Find(string name) => NativeLibrary.GetExport(_library, name);

    private static void Check(int code)
    {
        if (code != 0)
        {
            throw new InvalidOperationException($"the stand-in gave {code}");
        }
    }
}
