using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>Rows in the units of their table. Each function is described in flowengine.h.</summary>
internal static unsafe class RowExports
{
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
            Scale(schema.Scaling, "rows", rows, count, values, logDet);
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
            Restore(schema.Scaling, values, count, rows);
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
            double[] logDet = new double[count];
            float[] values = Scaled(target, schema, rows, count, logDet);
            fixed (float* x = values, c = conditions)
            {
                InferenceCall.OfHost(target, call, new CallerArray<float>(c, conditions.Length)).LogProb(
                    new ImageArray(new CallerArray<float>(x, values.Length)),
                    new CallerArray<double>(logProb, count));
            }

            for (long i = 0; i < count; i++)
            {
                logProb[i] += logDet[i];
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_rows_log_prob_gradient", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelRowsLogProbGradient(
        nint model, double* rows, nuint length, double* given, nuint givenLength, CallOptions* call, double* logProb,
        nuint logProbLength, double* dRows, nuint dRowsLength, double* dGiven, nuint dGivenLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            TableSchema schema = new TableModel(target).Schema;
            RequirePlain(call);
            int columns = schema.Columns.Count;
            long count = Check.Images(rows, length, columns, nameof(rows));
            Check.Array(logProb, logProbLength, count, "log_prob");
            Check.Array(dRows, dRowsLength, count, "d_rows", columns);
            if (dGivenLength > 0)
            {
                Check.Array(dGiven, dGivenLength, count, "d_given", GivenColumns(target, schema));
            }

            float[] conditions = ConditionOf(target, given, givenLength);
            double[] logDet = new double[count];
            float[] values = Scaled(target, schema, rows, count, logDet);
            float[] dValues = new float[values.Length];
            float[] dConditions = new float[dGivenLength > 0 ? count * target.Flow.ConditionLength : 0];
            fixed (float* x = values, c = conditions, dx = dValues, dc = dConditions)
            {
                InferenceCall.OfHost(target, call, new CallerArray<float>(c, conditions.Length)).LogProbGradient(
                    new CallerArray<float>(x, values.Length),
                    new CallerArray<double>(logProb, count),
                    new CallerArray<float>(dx, dValues.Length),
                    new CallerArray<float>(dc, dConditions.Length));
            }

            for (long i = 0; i < count; i++)
            {
                logProb[i] += logDet[i];
            }

            Backward(schema.Scaling, rows, count, dValues, dRows, 1);
            if (dGivenLength > 0)
            {
                // One row of all is given once, and its gradients are of each row.
                Backward(
                    schema.Condition!, given, count, dConditions, dGiven, 0, isRepeated: givenLength < dGivenLength);
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
            float[] values = Scaled(target, schema, rows, count, new double[count]);
            fixed (float* x = values)
            {
                InferenceCall.OfHost(target, call, default).ClassLogProb(
                    new ImageArray(new CallerArray<float>(x, values.Length)),
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
                Restore(schema.Scaling, x, count, rows);
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

    private static float[] Scaled(Model model, TableSchema schema, double* rows, long count, double[] logDet)
    {
        float[] values = new float[model.Flow.LengthOf(count)];
        fixed (float* x = values)
        fixed (double* part = logDet)
        {
            Scale(schema.Scaling, "rows", rows, count, x, part);
        }

        return values;
    }

    private static void Scale(
        TableScaling scaling, string name, double* rows, long count, float* values, double* logDet)
    {
        int columns = scaling.Columns.Count;
        int dims = scaling.Dims;
        for (long i = 0; i < count; i++)
        {
            logDet[i] = scaling.Apply(
                name,
                i,
                new ReadOnlySpan<double>(rows + (i * columns), columns),
                new Span<float>(values + (i * dims), dims));
        }
    }

    private static void Restore(TableScaling scaling, float* values, long count, double* rows)
    {
        int columns = scaling.Columns.Count;
        int dims = scaling.Dims;
        for (long i = 0; i < count; i++)
        {
            scaling.Restore(
                new ReadOnlySpan<float>(values + (i * dims), dims), new Span<double>(rows + (i * columns), columns));
        }
    }

    private static void Backward(
        TableScaling scaling, double* rows, long count, float[] dValues, double* dRows, double dLogDet,
        bool isRepeated = false)
    {
        int columns = scaling.Columns.Count;
        int dims = scaling.Dims;
        for (long i = 0; i < count; i++)
        {
            scaling.Backward(
                new ReadOnlySpan<double>(rows + (isRepeated ? 0 : i * columns), columns),
                dValues.AsSpan((int)(i * dims), dims),
                new Span<double>(dRows + (i * columns), columns),
                dLogDet);
        }
    }

    private static int GivenColumns(Model model, TableSchema schema) =>
        model.Config.Options.Condition is { IsClass: false }
            ? schema.ConditionColumns.Count
            : throw Check.Invalid("d_given is there, and the model is not conditional on columns");

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
        float[] conditions = new float[rows * schema.Condition!.Dims];
        fixed (float* target = conditions)
        fixed (double* unused = new double[rows])
        {
            Scale(schema.Condition, nameof(given), given, rows, target, unused);
        }

        return conditions;
    }

    private static int ClassOf(double value) => value == Math.Floor(value) && Math.Abs(value) <= int.MaxValue
        ? (int)value
        : throw Check.Invalid(FormattableString.Invariant($"given holds {value}, expected the number of a class"));
}
