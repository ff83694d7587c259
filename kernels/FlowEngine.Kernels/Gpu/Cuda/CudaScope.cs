namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>Makes a device's context the thread's current one, and puts the caller's back at its end.</summary>
/// <remarks>
/// The way out does not fail: it takes back what the way in did, and an error of earlier work, which it may report, the
/// next call reports too. Thrown here it would hide the error of the call within.
/// </remarks>
internal readonly unsafe ref struct CudaScope
{
    private readonly CudaDriver _driver;

    public CudaScope(CudaDriver driver, nint context)
    {
        driver.Check(driver.CtxPushCurrent(context), "cuCtxPushCurrent");
        _driver = driver;
    }

    public void Dispose()
    {
        nint context;
        _ = _driver.CtxPopCurrent(&context);
    }
}
