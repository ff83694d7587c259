using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Execution;
using FlowEngine.Training;

namespace FlowEngine.Native;

/// <summary>Gradients. Each function is described in flowengine.h.</summary>
internal static unsafe class TapeExports
{
    [UnmanagedCallersOnly(EntryPoint = "flow_tape_create", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TapeCreate(nint model, int batch, int activations, nint* tape) =>
        Guard.Run(() =>
        {
            Check.NotNull(tape, nameof(tape));
            *tape = 0;
            MemoryMode? mode = Activations.Mode(activations, nameof(activations));
            HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            try
            {
                *tape = HandleTable.Add(new NativeTape(lease, new Tape(lease.Target.Model, batch, mode)));
            }
            catch
            {
                lease.Dispose();
                throw;
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_tape_forward", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TapeForward(
        nint tape, float* images, nuint length, CallOptions* call, double* logProb, nuint logProbLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeTape> lease = HandleTable.Use<NativeTape>(tape);
            using Exclusive.Use turn = lease.Target.Turn.Enter();
            Tape target = lease.Target.Tape;
            Check.Array(images, length, (long)target.Batch * target.Dims, nameof(images));
            Check.Array(logProb, logProbLength, target.Batch, "log_prob");
            CallSettings settings = CallSettings.OfHost(call);
            target.Forward(
                new ReadOnlySpan<float>(images, (int)length),
                new Span<double>(logProb, target.Batch),
                settings.Condition.Span);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_tape_backward", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TapeBackward(
        nint tape, double* dLogProb, nuint dLogProbLength, CallOptions* call, float* dImages, nuint dImagesLength,
        float* dParameters, nuint dParametersLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeTape> lease = HandleTable.Use<NativeTape>(tape);
            using Exclusive.Use turn = lease.Target.Turn.Enter();
            Tape target = lease.Target.Tape;
            Check.Array(dLogProb, dLogProbLength, target.Batch, "d_log_prob");
            Check.Array(dImages, dImagesLength, dImages is null ? 0 : (long)target.Batch * target.Dims, "d_images");
            long parameters = dParameters is null ? 0 : target.ParametersLength;
            Check.Array(dParameters, dParametersLength, parameters, "d_parameters");
            CallSettings.OfHost(call);
            target.Backward(
                new ReadOnlySpan<double>(dLogProb, target.Batch),
                Check.Span<float>(dImages, dImagesLength, "d_images"),
                Check.Span<float>(dParameters, dParametersLength, "d_parameters"));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_tape_free", CallConvs = [typeof(CallConvCdecl)])]
    internal static void TapeFree(nint tape) => Guard.Run(() => HandleTable.Free<NativeTape>(tape));
}
