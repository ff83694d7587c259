using FlowEngine.Kernels.Gpu;
using FlowEngine.Models;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace FlowEngine.Ilgpu;

/// <summary>One call of inference on views of an accelerator: checked, then run in turn with its stream.</summary>
internal sealed unsafe class ViewCall
{
    private readonly AcceleratorStream _stream;
    private readonly GpuBackend? _gpu;

    private ViewCall(Model model, AcceleratorStream stream, CallerArray<float> condition)
    {
        _stream = stream;
        _gpu = model.Backend as GpuBackend;
        if (_gpu is null ? stream.Accelerator is not CPUAccelerator : stream.Accelerator is not CudaAccelerator)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"the stream is of {Describe(stream.Accelerator)}, and the model runs on {model.Backend.Name}; expected a model "
                + "on the accelerator's OpenBackend()");
        }

        Model = model;
        Inference = new InferenceRun(model, _gpu is null ? new HostCallerMemory(model.Backend) : new GpuCallerMemory(_gpu))
        {
            Condition = condition,
        };
    }

    /// <summary>The model.</summary>
    public Model Model { get; }

    /// <summary>The run over all batches.</summary>
    public InferenceRun Inference { get; }

    /// <summary>Runs a call.</summary>
    /// <param name="model">The model.</param>
    /// <param name="stream">What was queued on it before is done first, and what is queued on it after waits.</param>
    /// <param name="condition">On the host.</param>
    /// <param name="prepare">Checks the views and says what to run on them.</param>
    public static void Run(
        Model model, AcceleratorStream stream, ReadOnlySpan<float> condition, Func<ViewCall, Action> prepare)
    {
        fixed (float* c = condition)
        {
            ViewCall call = new(model, stream, new CallerArray<float>(c, condition.Length));
            Action work = prepare(call);
            if (call._gpu is GpuBackend gpu)
            {
                gpu.RunWithin(((CudaStream)stream).StreamPtr, work);
            }
            else
            {
                stream.Synchronize();
                work();
            }
        }
    }

    /// <summary>The elements of a view.</summary>
    /// <param name="view">The view; an empty one is of no accelerator.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="FlowException">It is of another accelerator than the stream.</exception>
    /// <exception cref="GpuException">It is not in the memory of the model's device.</exception>
    public CallerArray<T> Array<T>(ArrayView<T> view, string name)
        where T : unmanaged
    {
        if (view.Length == 0)
        {
            return default;
        }

        Accelerator owner = view.GetAccelerator();
        if (owner != _stream.Accelerator)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{name} is in the memory of {Describe(owner)}, expected that of the stream's accelerator, "
                + Describe(_stream.Accelerator));
        }

        nint first = view.LoadEffectiveAddressAsPtr();
        return _gpu is null
            ? new CallerArray<T>((T*)first, view.Length)
            : new CallerArray<T>(_gpu.Foreign<T>(first, view.Length, name));
    }

    private static string Describe(Accelerator accelerator) => $"{accelerator.Name} ({accelerator.AcceleratorType})";
}
