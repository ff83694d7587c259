using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

using FlowEngine.Data;
using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>What a model knows of its data, and what follows from that. Each function is described in flowengine.h.</summary>
internal static unsafe class SchemaExports
{
    private const string None = "null";

    [UnmanagedCallersOnly(EntryPoint = "flow_model_schema", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelSchema(nint model, byte* json, nuint capacityInBytes, nuint* lengthInBytes) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Check.NotNull(lengthInBytes, "length_bytes");
            byte[] text = Encoding.UTF8.GetBytes((lease.Target.Model.Config.Data?.ToJson() ?? None) + '\0');
            *lengthInBytes = (nuint)text.Length;
            if (json is null)
            {
                return;
            }

            if (capacityInBytes < (nuint)text.Length)
            {
                throw Check.Invalid($"capacity_bytes is {capacityInBytes}, the schema needs {text.Length}");
            }

            text.CopyTo(new Span<byte>(json, text.Length));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_set_schema", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelSetSchema(nint model, byte* json, nuint lengthInBytes) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Check.NotNull(json, nameof(json));
            Model target = lease.Target.Model;
            string text = Encoding.UTF8.GetString(Check.Span<byte>(json, lengthInBytes, nameof(json)));
            target.SetSchema(DataSchema.Parse(text, target.Config.Options));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_classify", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelClassify(
        nint model, double* classLogProb, nuint length, int* classes, nuint classesLength, double* probability,
        nuint probabilityLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            DataClasses known = lease.Target.Model.Config.Classes;
            long count = Check.Images(classLogProb, length, known.Count, "class_log_prob");
            Check.Array(classes, classesLength, count, nameof(classes));
            Check.Array(probability, probabilityLength, count, nameof(probability), known.Count);
            for (long i = 0; i < count; i++)
            {
                Span<double> row = new(probability + (i * known.Count), known.Count);
                new ReadOnlySpan<double>(classLogProb + (i * known.Count), known.Count).CopyTo(row);
                classes[i] = ClassEvaluation.ToPosterior(row, known.Counts);
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_pad", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelPad(nint model, float* images, nuint length, float* padded, nuint paddedLength) =>
        Pad(model, images, length, padded, paddedLength, schema => (0.5f / schema.Bins) - 0.5f);

    [UnmanagedCallersOnly(EntryPoint = "flow_model_pad_u8", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelPadU8(nint model, byte* levels, nuint length, byte* padded, nuint paddedLength) =>
        Pad(model, levels, length, padded, paddedLength, _ => (byte)0);

    [UnmanagedCallersOnly(EntryPoint = "flow_model_crop", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelCrop(nint model, float* padded, nuint paddedLength, float* images, nuint length) =>
        Crop(model, padded, paddedLength, images, length);

    [UnmanagedCallersOnly(EntryPoint = "flow_model_crop_u8", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelCropU8(nint model, byte* padded, nuint paddedLength, byte* levels, nuint length) =>
        Crop(model, padded, paddedLength, levels, length);

    private static int Pad<T>(
        nint model, T* images, nuint length, T* padded, nuint paddedLength, Func<ImageSchema, T> border)
        where T : unmanaged =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            ImageSchema schema = lease.Target.Model.Config.Images;
            long count = Check.Images(images, length, schema.Length, nameof(images));
            int dims = lease.Target.Model.Flow.Dims;
            Check.Array(padded, paddedLength, count, nameof(padded), dims);
            for (long i = 0; i < count; i++)
            {
                schema.Padding.Pad(
                    new ReadOnlySpan<T>(images + (i * schema.Length), schema.Length),
                    new Span<T>(padded + (i * dims), dims),
                    border(schema));
            }
        });

    private static int Crop<T>(nint model, T* padded, nuint paddedLength, T* images, nuint length)
        where T : unmanaged =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            ImageSchema schema = lease.Target.Model.Config.Images;
            int dims = lease.Target.Model.Flow.Dims;
            long count = Check.Images(padded, paddedLength, dims, nameof(padded));
            Check.Array(images, length, count, nameof(images), schema.Length);
            for (long i = 0; i < count; i++)
            {
                schema.Padding.Crop(
                    new ReadOnlySpan<T>(padded + (i * dims), dims),
                    new Span<T>(images + (i * schema.Length), schema.Length));
            }
        });
}
