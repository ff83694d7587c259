using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Models;
using FlowEngine.Ranks;
using FlowEngine.Training;

namespace FlowEngine.Native;

/// <summary>Training. Each function is described in flowengine.h.</summary>
internal static unsafe class TrainerExports
{
    [UnmanagedCallersOnly(EntryPoint = "flow_trainer_create", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TrainerCreate(nint model, byte* options, nint* trainer) =>
        Guard.Run(() =>
        {
            Check.NotNull(trainer, nameof(trainer));
            *trainer = 0;
            *trainer = Open(model, target => new Trainer(target, Complete(options, target)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_trainer_create_on", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TrainerCreateOn(
        nint model, byte* levels, nuint length, byte* options, nint* trainer) =>
        Guard.Run(() =>
        {
            Check.NotNull(trainer, nameof(trainer));
            *trainer = 0;
            *trainer = Open(model, target => On(target, levels, length, Complete(options, target), ranks: null));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_trainer_create_shared", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TrainerCreateShared(
        nint model, byte* levels, nuint length, byte* options, Communicator* communicator, nint* trainer) =>
        Guard.Run(() =>
        {
            Check.NotNull(trainer, nameof(trainer));
            *trainer = 0;
            CallerCommunicator ranks = new(communicator);
            *trainer = Open(model, target => levels is null && length == 0
                ? new Trainer(target, Complete(options, target), ranks)
                : On(target, levels, length, Complete(options, target), ranks));
        });

    private static Trainer On(Model target, byte* levels, nuint length, TrainerOptions training, ICommunicator? ranks)
    {
        int dims = target.Flow.Dims;
        long count = Check.Images(levels, length, dims, nameof(levels));
        if (count > Array.MaxLength)
        {
            throw Check.Invalid($"{count} images were given, expected at most {Array.MaxLength}");
        }

        byte[][] images = new byte[count][];
        for (int i = 0; i < images.Length; i++)
        {
            images[i] = new ReadOnlySpan<byte>(levels + ((long)i * dims), dims).ToArray();
        }

        IModelOptions sizes = target.Config.Options;
        int bins = sizes.Bins
            ?? throw Check.Invalid("the model is of continuous data: use flow_trainer_create, and hand over batches");
        ImageDataset data = new("the data set", sizes.Height, sizes.Width, sizes.Channels, bins, images);
        return new Trainer(target, data, training, ranks);
    }

    private static TrainerOptions Complete(byte* options, Model model) =>
        TrainingDefaults.Complete(options, isContinuous: model.Config.Options.Bins is null);

    [UnmanagedCallersOnly(EntryPoint = "flow_trainer_step", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TrainerStep(nint trainer, float* images, nuint length, CallOptions* call, Metrics* metrics) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeTrainer> lease = HandleTable.Use<NativeTrainer>(trainer);
            using Exclusive.Use turn = lease.Target.Turn.Enter();
            Trainer target = lease.Target.Trainer;
            CheckMetrics(metrics);
            Check.NotNull(images, nameof(images));
            RequireInitialized(target);
            CallSettings settings = CallSettings.OfHost(call);
            target.Step((ReadOnlySpan<float>)Check.Span<float>(images, length, nameof(images)), settings.Condition.Span);
            if (metrics is not null)
            {
                lease.Target.Describe(metrics);
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_trainer_step_u8", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TrainerStepU8(nint trainer, byte* levels, nuint length, CallOptions* call, Metrics* metrics) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeTrainer> lease = HandleTable.Use<NativeTrainer>(trainer);
            using Exclusive.Use turn = lease.Target.Turn.Enter();
            Trainer target = lease.Target.Trainer;
            CheckMetrics(metrics);
            Check.NotNull(levels, nameof(levels));
            RequireInitialized(target);
            CallSettings settings = CallSettings.OfHost(call);
            target.Step((ReadOnlySpan<byte>)Check.Span<byte>(levels, length, nameof(levels)), settings.Condition.Span);
            if (metrics is not null)
            {
                lease.Target.Describe(metrics);
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_trainer_run", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TrainerRun(
        nint trainer, long updates, delegate* unmanaged[Cdecl]<Metrics*, void*, int> done, void* user,
        Metrics* metrics) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeTrainer> lease = HandleTable.Use<NativeTrainer>(trainer);
            using Exclusive.Use turn = lease.Target.Turn.Enter();
            Trainer target = lease.Target.Trainer;
            CheckMetrics(metrics);
            if (updates < 0 || target.UpdatesPerEpoch == 0)
            {
                throw Check.Invalid(
                    updates < 0
                        ? $"updates is {updates}, expected 0 or more"
                        : "the trainer has no data set: use flow_trainer_step");
            }

            if (!target.Model.Config.IsInitialized)
            {
                target.Initialize();
            }

            Metrics now;
            for (long update = 0; update < updates; update++)
            {
                target.Step();
                lease.Target.Describe(&now);
                if (done is not null && done(&now, user) != 0)
                {
                    throw new FlowException(
                        FlowErrorKind.Cancelled, $"the callback stopped after update {target.Updates}");
                }
            }

            if (metrics is not null)
            {
                lease.Target.Describe(metrics);
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_trainer_set_learning_rate", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TrainerSetLearningRate(nint trainer, double learningRate) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeTrainer> lease = HandleTable.Use<NativeTrainer>(trainer);
            using Exclusive.Use turn = lease.Target.Turn.Enter();
            Trainer target = lease.Target.Trainer;
            target.SetRate(learningRate);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_trainer_get_metrics", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TrainerGetMetrics(nint trainer, Metrics* metrics) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeTrainer> lease = HandleTable.Use<NativeTrainer>(trainer);
            using Exclusive.Use turn = lease.Target.Turn.Enter();
            Check.Struct(metrics, sizeof(Metrics), nameof(metrics));
            lease.Target.Describe(metrics);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_trainer_save", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TrainerSave(nint trainer, byte* path) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeTrainer> lease = HandleTable.Use<NativeTrainer>(trainer);
            using Exclusive.Use turn = lease.Target.Turn.Enter();
            Trainer target = lease.Target.Trainer;
            target.SaveState(Check.Text(path, nameof(path)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_trainer_resume", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TrainerResume(nint trainer, byte* path) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeTrainer> lease = HandleTable.Use<NativeTrainer>(trainer);
            using Exclusive.Use turn = lease.Target.Turn.Enter();
            Trainer target = lease.Target.Trainer;
            target.Resume(Check.Text(path, nameof(path)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_trainer_snapshot", CallConvs = [typeof(CallConvCdecl)])]
    internal static int TrainerSnapshot(nint trainer, nint* model) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeTrainer> lease = HandleTable.Use<NativeTrainer>(trainer);
            using Exclusive.Use turn = lease.Target.Turn.Enter();
            Trainer target = lease.Target.Trainer;
            Check.NotNull(model, nameof(model));
            *model = 0;
            SharedDevice device = lease.Target.Model.Device.Share();
            try
            {
                *model = HandleTable.Add(new NativeModel(target.Snapshot(), device));
            }
            catch
            {
                device.Close();
                throw;
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_trainer_free", CallConvs = [typeof(CallConvCdecl)])]
    internal static void TrainerFree(nint trainer) => Guard.Run(() => HandleTable.Free<NativeTrainer>(trainer));

    [SuppressMessage("Reliability", "CA2000", Justification = "The table of handles owns it.")]
    private static nint Open(nint model, Func<Model, Trainer> make)
    {
        HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
        try
        {
            return HandleTable.Add(new NativeTrainer(lease, make(lease.Target.Model)));
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    private static void CheckMetrics(Metrics* metrics)
    {
        if (metrics is not null)
        {
            Check.Struct(metrics, sizeof(Metrics), nameof(metrics));
        }
    }

    private static void RequireInitialized(Trainer trainer)
    {
        if (!trainer.Model.Config.IsInitialized)
        {
            throw Check.Invalid("the model is not initialized: call flow_model_initialize first");
        }
    }
}
