namespace FlowEngine.Kernels.Gpu.Cuda;

/// <summary>Makes a device's context the thread's current one, and puts the caller's back at its end.</summary>
/// <remarks>Results are checked after the scope: an error on the way out would hide the first one.</remarks>
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
        _driver.Check(_driver.CtxPopCurrent(&context), "cuCtxPopCurrent");
    }
}
