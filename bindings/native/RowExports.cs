using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>Rows in the units of their table. Each function is described in flowengine.h.</summary>
internal static unsafe class RowExports
{
    private const int RestoredAtOnce = 1 << 12;

    [UnmanagedCallersOnly(EntryPoint = "flow_model_rows_scale", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelRowsScale(
        nint model, double* rows, nuint length, float* values, nuint valuesLength, double* logDet,
        nuint logDetLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            TableSchema schema = new TableModel(target).Schema;
            long count = Check.Images(rows, length, schema.Columns.Count, nameof(rows));
            Check.Array(values, valuesLength, count, nameof(values), target.Flow.Dims);
            Check.Array(logDet, logDetLength, count, "log_det");
            ScaledTable scaled = Scale(schema, rows, count);
            scaled.Values.CopyTo(new Span<float>(values, scaled.Values.Length));
            scaled.LogDet.CopyTo(new Span<double>(logDet, scaled.LogDet.Length));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_condition", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelCondition(
        nint model, double* given, nuint givenLength, float* condition, nuint conditionLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            float[] conditions = ConditionOf(lease.Target.Model, given, givenLength);
            Check.Array(condition, conditionLength, conditions.Length, nameof(condition));
            conditions.CopyTo(new Span<float>(condition, conditions.Length));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_rows_restore", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelRowsRestore(
        nint model, float* values, nuint valuesLength, double* rows, nuint length) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            TableSchema schema = new TableModel(lease.Target.Model).Schema;
            long count = Check.Images(values, valuesLength, schema.Scaling.Dims, nameof(values));
            Check.Array(rows, length, count, nameof(rows), schema.Columns.Count);
            Restore(schema, Check.Span<float>(values, valuesLength, nameof(values)), rows);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_rows_log_prob", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelRowsLogProb(
        nint model, double* rows, nuint length, double* given, nuint givenLength, CallOptions* call, double* logProb,
        nuint logProbLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            TableSchema schema = new TableModel(target).Schema;
            RequirePlain(call);
            long count = Check.Images(rows, length, schema.Columns.Count, nameof(rows));
            Check.Array(logProb, logProbLength, count, "log_prob");
            float[] conditions = ConditionOf(target, given, givenLength);
            ScaledTable scaled = Scale(schema, rows, count);
            fixed (float* x = scaled.Values, c = conditions)
            {
                InferenceCall.OfHost(target, call, new CallerArray<float>(c, conditions.Length)).LogProb(
                    new ImageArray(new CallerArray<float>(x, scaled.Values.Length)),
                    new CallerArray<double>(logProb, count));
            }

            for (long i = 0; i < count; i++)
            {
                logProb[i] += scaled.LogDet[i];
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_rows_predict", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelRowsPredict(
        nint model, double* rows, nuint length, CallOptions* call, int* classes, nuint classesLength,
        double* probability, nuint probabilityLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            TableSchema schema = new TableModel(target).Schema;
            RequirePlain(call);
            DataClasses known = target.Config.Classes;
            long count = Check.Images(rows, length, schema.Columns.Count, nameof(rows));
            Check.Array(classes, classesLength, count, nameof(classes));
            Check.Array(probability, probabilityLength, count, nameof(probability), known.Count);
            ScaledTable scaled = Scale(schema, rows, count);
            fixed (float* x = scaled.Values)
            {
                InferenceCall.OfHost(target, call, default).ClassLogProb(
                    new ImageArray(new CallerArray<float>(x, scaled.Values.Length)),
                    new CallerArray<double>(probability, count * known.Count));
            }

            for (long i = 0; i < count; i++)
            {
                Span<double> row = new(probability + (i * known.Count), known.Count);
                classes[i] = Likelihood.ClassEvaluation.ToPosterior(row, known.Counts);
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_rows_sample", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelRowsSample(
        nint model, long count, double* given, nuint givenLength, double temperature, ulong seed, CallOptions* call,
        double* rows, nuint length) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            TableSchema schema = new TableModel(target).Schema;
            RequirePlain(call);
            Check.Count(count);
            Check.Array(rows, length, count, nameof(rows), schema.Columns.Count);
            float[] conditions = ConditionOf(target, given, givenLength);
            float[] values = new float[target.Flow.LengthOf(count)];
            fixed (float* x = values, c = conditions)
            {
                InferenceCall.OfHost(target, call, new CallerArray<float>(c, conditions.Length)).Sample(
                    [temperature], seed, 0, new ImageArray(new CallerArray<float>(x, values.Length)));
            }

            for (int first = 0; first < count; first += RestoredAtOnce)
            {
                int part = (int)Math.Min(RestoredAtOnce, count - first);
                Restore(
                    schema,
                    values.AsSpan(first * target.Flow.Dims, part * target.Flow.Dims),
                    rows + ((long)first * schema.Columns.Count));
            }
        });

    /// <summary>Refuses what the functions of rows take by arguments of their own.</summary>
    private static void RequirePlain(CallOptions* call)
    {
        if (CallSettings.OfHost(call).AreForHost)
        {
            throw Check.Invalid("call has a condition, temperatures or standard latents, which are not for rows in their units");
        }
    }

    private static ScaledTable Scale(TableSchema schema, double* rows, long count) =>
        schema.Scaling.Apply(Table("rows", schema.Columns, rows, count));

    private static TableDataset Table(string name, IReadOnlyList<string> columns, double* values, long count)
    {
        double[][] rows = new double[count][];
        for (long i = 0; i < count; i++)
        {
            rows[i] = new ReadOnlySpan<double>(values + (i * columns.Count), columns.Count).ToArray();
        }

        return new TableDataset(name, columns, rows);
    }

    private static void Restore(TableSchema schema, ReadOnlySpan<float> values, double* rows)
    {
        int columns = schema.Columns.Count;
        TableDataset table = schema.Restore("rows", values);
        for (int i = 0; i < table.Count; i++)
        {
            table[i].CopyTo(new Span<double>(rows + ((long)i * columns), columns));
        }
    }

    /// <summary>What a model takes as condition, from classes or from columns in the units of their table.</summary>
    private static float[] ConditionOf(Model model, double* given, nuint length)
    {
        ConditionOptions? condition = model.Config.Options.Condition;
        if (length == 0 || condition is null)
        {
            return length == 0 ? [] : throw Check.Invalid("given is there, and the model is not conditional");
        }

        if (condition.IsClass)
        {
            Check.NotNull(given, nameof(given));
            return condition.OneHot(
                Array.ConvertAll(Check.Span<double>(given, length, nameof(given)).ToArray(), ClassOf), "given");
        }

        TableSchema schema = new TableModel(model).Schema;
        long rows = Check.Images(given, length, schema.ConditionColumns.Count, nameof(given));
        return schema.Condition!.Apply(Table("given", schema.ConditionColumns, given, rows)).Values;
    }

    private static int ClassOf(double value) => value == Math.Floor(value) && Math.Abs(value) <= int.MaxValue
        ? (int)value
        : throw Check.Invalid(FormattableString.Invariant($"given holds {value}, expected the number of a class"));
}
