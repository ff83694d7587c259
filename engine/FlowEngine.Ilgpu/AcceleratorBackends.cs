using System.Diagnostics.CodeAnalysis;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace FlowEngine.Ilgpu;

/// <summary>Where a model runs that works on the memory of an ILGPU accelerator.</summary>
public static class AcceleratorBackends
{
    /// <param name="accelerator">ILGPU's accelerator.</param>
    extension(Accelerator accelerator)
    {
        /// <summary>
        /// Opens FlowEngine's own backend beside an accelerator: for a CUDA accelerator the GPU in the accelerator's context,
        /// for a CPU accelerator the CPU. ILGPU compiles none of its kernels.
        /// </summary>
        /// <remarks>Dispose the models and the backend before the accelerator.</remarks>
        /// <param name="threads">Threads of the CPU; 0 for one per core.</param>
        /// <param name="precision">What coupling networks round the factors of their products to.</param>
        /// <exception cref="FlowException"><see cref="FlowErrorKind.Unsupported"/>: the accelerator is of another type, or there
        /// is no such precision on it; <see cref="FlowErrorKind.NoDevice"/>: FlowEngine cannot use its GPU;
        /// <see cref="FlowErrorKind.InvalidArgument"/>: a thread count out of range.</exception>
        public IBackend OpenBackend(int threads = 0, NetworkPrecision precision = NetworkPrecision.Full) => accelerator switch
        {
            CPUAccelerator => Devices.Open("cpu", threads, precision),
            CudaAccelerator cuda => Attach(cuda, precision),
            _ => throw new FlowException(
                FlowErrorKind.Unsupported,
                $"{accelerator.Name} is an accelerator of the type {accelerator.AcceleratorType}, expected CPU or Cuda"),
        };
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The backend owns its device.")]
    private static GpuBackend Attach(CudaAccelerator accelerator, NetworkPrecision precision)
    {
        try
        {
            GpuDevice device = GpuDevices.Attach(accelerator.DeviceId, accelerator.NativePtr);
            try
            {
                return new GpuBackend(device, ownsDevice: true, precision);
            }
            catch
            {
                device.Dispose();
                throw;
            }
        }
        catch (GpuException e) when (e.Kind == GpuErrorKind.NoDevice)
        {
            throw new FlowException(FlowErrorKind.NoDevice, e.Message, e);
        }
    }
}
