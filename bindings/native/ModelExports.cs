using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Interop;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>Making, saving and describing models. Each function is described in flowengine.h.</summary>
internal static unsafe class ModelExports
{
    [UnmanagedCallersOnly(EntryPoint = "flow_model_create", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelCreate(byte* name, ModelOptions* options, DeviceOptions* device, nint* model) =>
        Guard.Run(() =>
        {
            Check.NotNull(model, nameof(model));
            *model = 0;
            string kind = Check.Text(name, nameof(name));
            Check.RequireAbi2(options, ModelOptions.Abi1Size, ModelOptions.FirstSize, nameof(options));
            ModelOptions given = Check.Options<ModelOptions>(options, ModelOptions.FirstSize, nameof(options));
            *model = Create(ModelSettings.Complete(kind, given), given.Seed, device);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_create_json", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelCreateJson(byte* json, ulong seed, DeviceOptions* device, nint* model) =>
        Guard.Run(() =>
        {
            Check.NotNull(model, nameof(model));
            *model = 0;
            *model = Create(ModelKinds.Parse(Check.Text(json, nameof(json))), seed, device);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_get_json", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelGetJson(nint model, byte* json, nuint capacityInBytes, nuint* lengthInBytes) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            string text = ModelKinds.ToJson(lease.Target.Model.Config.Options);
            Check.Give(text, json, capacityInBytes, lengthInBytes, nameof(json));
        });

    private static nint Create(IModelOptions sizes, ulong seed, DeviceOptions* device)
    {
        ModelConfig config = ModelConfig.New(sizes);
        return NativeModel.Open(device, opened => Model.Create(config, opened.Backend, seed));
    }

    [UnmanagedCallersOnly(EntryPoint = "flow_model_load", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelLoad(byte* path, DeviceOptions* device, nint* model) =>
        Guard.Run(() =>
        {
            Check.NotNull(model, nameof(model));
            *model = 0;
            string file = Check.Text(path, nameof(path));
            *model = NativeModel.Open(device, opened => Model.Load(file, opened.Backend));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_load_memory", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelLoadMemory(byte* bytes, nuint lengthInBytes, DeviceOptions* device, nint* model) =>
        Guard.Run(() =>
        {
            Check.NotNull(model, nameof(model));
            *model = 0;
            using UnmanagedMemoryStream stream = Check.Stream(bytes, lengthInBytes, nameof(bytes));
            *model = NativeModel.Open(device, opened => Model.Load(stream, opened.Backend, "the checkpoint in memory"));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_import", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelImport(
        byte* weights, nuint lengthInBytes, byte* library, byte* description, DeviceOptions* device, nint* model) =>
        Guard.Run(() =>
        {
            Check.NotNull(model, nameof(model));
            *model = 0;
            using UnmanagedMemoryStream stream = Check.Stream(weights, lengthInBytes, nameof(weights));
            string from = Check.Text(library, nameof(library));
            string flow = Check.Text(description, nameof(description));
            *model = NativeModel.Open(device, opened => ForeignFlow.Load(stream, opened.Backend, from, flow));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_save", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelSave(nint model, byte* path) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            lease.Target.Model.Save(Check.Text(path, nameof(path)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_save_memory", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelSaveMemory(nint model, byte* bytes, nuint capacityInBytes, nuint* lengthInBytes) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            CountingStream.Give(lease.Target.Model.Save, bytes, capacityInBytes, lengthInBytes, "the checkpoint");
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_free", CallConvs = [typeof(CallConvCdecl)])]
    internal static void ModelFree(nint model) =>
        Guard.Run(() => HandleTable.Free<NativeModel>(model));

    [UnmanagedCallersOnly(EntryPoint = "flow_model_get_info", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelGetInfo(nint model, ModelInfo* info) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            (Flow flow, ModelConfig config) = (lease.Target.Model.Flow, lease.Target.Model.Config);
            SharedDevice device = lease.Target.Device;
            Check.RequireAbi2(info, ModelInfo.Abi1Size, ModelInfo.FirstSize, nameof(info));
            ModelInfo found = new()
            {
                IsInitialized = config.IsInitialized ? 1 : 0,
                DataHeight = (config.Data as ImageSchema)?.Height ?? config.Options.Height,
                DataWidth = (config.Data as ImageSchema)?.Width ?? config.Options.Width,
                TableColumns = (config.Data as TableSchema)?.Columns.Count ?? 0,
                TableConditionColumns = (config.Data as TableSchema)?.ConditionColumns.Count ?? 0,
                Backend = device.BackendNumber,
                Device = device.Ordinal,
                Threads = device.Threads,
                Precision = DevicePrecision.NumberOf(device.Backend.NetworkPrecision),
                Dims = flow.Dims,
                Tensors = flow.Parameters.All.Count,
                Parameters = flow.Parameters.Count,
                ParametersLength = flow.Parameters.Length,
                ConstantsLength = flow.Parameters.ConstantLength,
            };
            ModelSettings.Describe(lease.Target.Model, ref found);
            Check.Put(config.Options.Kind.Name, found.Model, 32);
            Check.Fill(found, info, ModelInfo.FirstSize, nameof(info));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_memory", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelMemory(nint model, int batch, long* inference, long* store, long* invert) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            Check.NotNull(inference, nameof(inference));
            Check.NotNull(store, nameof(store));
            Check.NotNull(invert, nameof(invert));
            *inference = target.PlanMemory(batch, training: null).Sum(part => part.Bytes);
            *store = target.PlanMemory(batch, MemoryMode.Store).Sum(part => part.Bytes);
            *invert = target.PlanMemory(batch, MemoryMode.Invert).Sum(part => part.Bytes);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_prepare", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelPrepare(nint model, int batch) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            lease.Target.Model.Prepare(batch);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_latent_shape", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelLatentShape(nint model, int level, LatentShape* shape) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Check.NotNull(shape, nameof(shape));
            ImageShape[] shapes = lease.Target.Model.Flow.LatentShapes(1);
            Check.Choice(nameof(level), level, shapes.Length);
            *shape = new LatentShape
            {
                Height = shapes[level].Height,
                Width = shapes[level].Width,
                Channels = shapes[level].Channels,
            };
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_initialize", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelInitialize(nint model, float* images, nuint length, CallOptions* call) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            Check.Images(images, length, target.Flow.Dims, nameof(images));
            CallSettings settings = CallSettings.OfHost(call);
            target.Initialize(Check.Span<float>(images, length, nameof(images)), settings.Condition.Span);
        });
}
