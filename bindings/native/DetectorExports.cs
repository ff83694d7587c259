using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Anomalies;
using FlowEngine.Data;

namespace FlowEngine.Native;

/// <summary>Anomaly detectors of tables. Each function is described in flowengine.h.</summary>
internal static unsafe class DetectorExports
{
    [UnmanagedCallersOnly(EntryPoint = "flow_detector_fit", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DetectorFit(
        double* rows, nuint length, byte** names, nuint columns, DetectorOptions* options, nint* detector) =>
        Guard.Run(() =>
        {
            Check.NotNull(detector, nameof(detector));
            *detector = 0;
            AnomalyOptions told = Told(options);
            if (columns == 0 || columns > int.MaxValue)
            {
                throw Check.Invalid($"columns is {columns}, expected 1 to {int.MaxValue}");
            }

            string[] called = new string[columns];
            for (int j = 0; j < called.Length; j++)
            {
                called[j] = names is null ? TableDataset.GeneratedName(j) : Check.Text(names[j], $"names[{j}]");
            }

            *detector = HandleTable.Add(new NativeDetector(AnomalyDetector.Fit(Table(rows, length, called), told)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_detector_load", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DetectorLoad(byte* path, nint* detector) =>
        Guard.Run(() =>
        {
            Check.NotNull(detector, nameof(detector));
            *detector = 0;
            *detector = HandleTable.Add(new NativeDetector(AnomalyDetector.Load(Check.Text(path, nameof(path)))));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_detector_load_memory", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DetectorLoadMemory(byte* bytes, nuint lengthInBytes, nint* detector) =>
        Guard.Run(() =>
        {
            Check.NotNull(detector, nameof(detector));
            *detector = 0;
            using UnmanagedMemoryStream stream = Check.Stream(bytes, lengthInBytes, nameof(bytes));
            *detector = HandleTable.Add(new NativeDetector(AnomalyDetector.Load(stream, "the detector in memory")));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_detector_save", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DetectorSave(nint detector, byte* path) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeDetector> lease = HandleTable.Use<NativeDetector>(detector);
            lease.Target.Detector.Save(Check.Text(path, nameof(path)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_detector_save_memory", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DetectorSaveMemory(nint detector, byte* bytes, nuint capacityInBytes, nuint* lengthInBytes) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeDetector> lease = HandleTable.Use<NativeDetector>(detector);
            CountingStream.Give(lease.Target.Detector.Save, bytes, capacityInBytes, lengthInBytes, "the detector");
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_detector_free", CallConvs = [typeof(CallConvCdecl)])]
    internal static void DetectorFree(nint detector) =>
        Guard.Run(() => HandleTable.Free<NativeDetector>(detector));

    [UnmanagedCallersOnly(EntryPoint = "flow_detector_get_info", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DetectorGetInfo(nint detector, DetectorInfo* info) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeDetector> lease = HandleTable.Use<NativeDetector>(detector);
            AnomalyDetector target = lease.Target.Detector;
            DetectorInfo found = new()
            {
                Columns = target.Schema.Columns.Count,
                HeldOutRows = target.HeldOutRows,
                Threshold = target.Threshold,
                Contamination = target.Options.Contamination ?? 0,
                FalseAlarms = target.Options.FalseAlarms,
                Seed = target.Options.Seed,
            };
            Check.Fill(found, info, sizeof(DetectorInfo), nameof(info));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_detector_schema", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DetectorSchema(nint detector, byte* json, nuint capacityInBytes, nuint* lengthInBytes) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeDetector> lease = HandleTable.Use<NativeDetector>(detector);
            Check.Give(lease.Target.Detector.Schema.ToJson(), json, capacityInBytes, lengthInBytes, nameof(json));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_detector_score", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DetectorScore(
        nint detector, double* rows, nuint length, double* score, nuint scoreLength, double* pValue, nuint pValueLength,
        int* isAnomaly, nuint isAnomalyLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeDetector> lease = HandleTable.Use<NativeDetector>(detector);
            AnomalyDetector target = lease.Target.Detector;
            TableDataset table = Table(rows, length, target.Schema.Columns);
            Check.Array(score, scoreLength, table.Count, nameof(score));
            RequireRoom(pValue, pValueLength, table.Count, "p_value");
            RequireRoom(isAnomaly, isAnomalyLength, table.Count, "is_anomaly");
            AnomalyFindings found = target.Score(table);
            found.Scores.CopyTo(new Span<double>(score, table.Count));
            found.PValues.AsSpan(0, (int)pValueLength).CopyTo(new Span<double>(pValue, table.Count));
            for (int i = 0; i < (int)isAnomalyLength; i++)
            {
                isAnomaly[i] = found.IsAnomaly[i] ? 1 : 0;
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_detector_explain", CallConvs = [typeof(CallConvCdecl)])]
    internal static int DetectorExplain(
        nint detector, double* rows, nuint length, double* share, nuint shareLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeDetector> lease = HandleTable.Use<NativeDetector>(detector);
            AnomalyDetector target = lease.Target.Detector;
            TableDataset table = Table(rows, length, target.Schema.Columns);
            Check.Array(share, shareLength, table.Count, nameof(share), target.Schema.Columns.Count);
            target.Explain(table).CopyTo(Check.Span<double>(share, shareLength, nameof(share)));
        });

    private static AnomalyOptions Told(DetectorOptions* options)
    {
        AnomalyOptions told = new();
        if (options is null)
        {
            return told;
        }

        DetectorOptions given = Check.Options<DetectorOptions>(options, sizeof(DetectorOptions), nameof(options));
        told = new AnomalyOptions
        {
            Contamination = given.Contamination == 0 ? null : given.Contamination,
            FalseAlarms = given.FalseAlarms == 0 ? told.FalseAlarms : given.FalseAlarms,
            Seed = given.Seed,
        };
        told.Validate();
        return told;
    }

    private static TableDataset Table(double* rows, nuint length, IReadOnlyList<string> columns)
    {
        long count = Check.Images(rows, length, columns.Count, nameof(rows));
        if (count > int.MaxValue)
        {
            throw Check.Invalid($"rows has {count} rows, expected at most {int.MaxValue}");
        }

        TableRows copied = new(columns.Count, Math.Max(1, (int)count));
        for (long i = 0; i < count; i++)
        {
            new ReadOnlySpan<double>(rows + (i * columns.Count), columns.Count).CopyTo(copied.Add());
        }

        return new TableDataset(nameof(rows), columns, copied);
    }

    /// <summary>An output that the caller may leave out, as NULL with length 0.</summary>
    private static void RequireRoom(void* array, nuint length, long count, string name)
    {
        if (array is not null || length != 0)
        {
            Check.Array(array, length, count, name);
        }
    }
}
