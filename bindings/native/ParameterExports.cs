using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Tensors;

namespace FlowEngine.Native;

/// <summary>Parameters, as flat vectors with named views. Each function is described in flowengine.h.</summary>
internal static unsafe class ParameterExports
{
    [UnmanagedCallersOnly(EntryPoint = "flow_model_parameter", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelParameter(nint model, long index, ParameterInfo* parameter) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Check.Struct(parameter, sizeof(ParameterInfo), nameof(parameter));
            IReadOnlyList<Parameter> all = lease.Target.Model.Flow.Parameters.All;
            Check.Choice(nameof(index), (int)Math.Clamp(index, -1, int.MaxValue), all.Count);
            Parameter found = all[(int)index];
            (long[] shape, long[] strides) = (found.FileShape, found.FileStrides);
            *parameter = new ParameterInfo
            {
                StructSize = (uint)sizeof(ParameterInfo),
                IsConstant = found.IsConstant ? 1 : 0,
                Rank = shape.Length,
                Offset = found.Offset,
                Length = found.Length,
            };
            shape.CopyTo(new Span<long>(parameter->Shape, 4));
            strides.CopyTo(new Span<long>(parameter->Stride, 4));
            Check.Put(found.Name, parameter->Name, 128);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_read_parameters", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelReadParameters(nint model, float* values, nuint length) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Check.NotNull(values, nameof(values));
            lease.Target.Model.ReadParameters(Check.Span<float>(values, length, nameof(values)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_write_parameters", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelWriteParameters(nint model, float* values, nuint length) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Check.NotNull(values, nameof(values));
            lease.Target.Model.WriteParameters(Check.Span<float>(values, length, nameof(values)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_read_constants", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelReadConstants(nint model, float* values, nuint length) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Check.NotNull(values, nameof(values));
            lease.Target.Model.ReadParameters(Check.Span<float>(values, length, nameof(values)), constants: true);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_write_constants", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelWriteConstants(nint model, float* values, nuint length) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Check.NotNull(values, nameof(values));
            lease.Target.Model.WriteParameters(Check.Span<float>(values, length, nameof(values)), constants: true);
        });
}
