using FlowEngine.Data;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Data;

/// <summary>The nodes of a <see cref="TableScaling"/>; the formulae stand there and at <see cref="LogitTransform"/>.</summary>
internal sealed class TableNodes(TableScaling scaling, Translation translation)
{
    private readonly TableColumn[] _kept = [.. scaling.Columns.Where(column => column.IsKept)];

    private OnnxGraph Graph => translation.Graph;

    private bool IsIdentity => scaling.Logit is null
        && scaling.Columns.All(column => column is { IsKept: true, Mean: 0, Deviation: 1, Curve: null });

    /// <summary>Rows of the table as the model sees them.</summary>
    /// <param name="rows">One value a column of the table, (B, columns).</param>
    /// <param name="logDet">Added to.</param>
    /// <returns>(B, D).</returns>
    public OnnxValue Apply(OnnxValue rows, LogDensity logDet)
    {
        if (IsIdentity)
        {
            return rows;
        }

        OnnxValue values = OnTheLine(
            rows.Gather(1, Enumerable.Range(0, scaling.Columns.Count).Where(j => scaling.Columns[j].IsKept)), logDet);

        // A mean in two parts: a float of a large one has lost digits that a small deviation needs.
        double[] means = [.. _kept.Select(column => (double)(float)column.Mean)];
        double[] rests = [.. _kept.Zip(means, (column, mean) => column.Mean - mean)];
        logDet.Add(-_kept.Sum(column => Math.Log(column.Deviation)));
        return (values - translation.PerChannel(means) - translation.PerChannel(rests))
            / translation.PerChannel([.. _kept.Select(column => column.Deviation)]);
    }

    /// <summary>Rows of the table from what the model gives.</summary>
    /// <param name="values">(B, D).</param>
    /// <returns>(B, columns).</returns>
    public OnnxValue Restore(OnnxValue values)
    {
        if (IsIdentity)
        {
            return values;
        }

        // A constant column is its mean, whatever is read for it.
        int[] sources = [.. scaling.Columns.Select((column, j) => Math.Max(0, Array.IndexOf(_kept, scaling.Columns[column.CopyOf ?? j])))];
        double[] scales = [.. scaling.Columns.Select(column => column.IsReversed ? -column.Deviation : column.Deviation)];
        OnnxValue onTheLine = (values.Gather(1, sources) * translation.PerChannel(scales))
            + translation.PerChannel([.. scaling.Columns.Select(column => column.Mean)]);
        if (scaling.Logit is not LogitTransform logit)
        {
            return OffTheCurve(onTheLine);
        }

        OnnxValue bounded =
            ((logit.High - logit.Low) / (1 - (2 * logit.Lambda)) * (onTheLine.Sigmoid() - logit.Lambda)) + logit.Low;
        return Graph.Node("Clip", [bounded, Graph.Scalar(logit.Low), Graph.Scalar(logit.High)]);
    }

    private OnnxValue OnTheLine(OnnxValue values, LogDensity logDet)
    {
        if (scaling.Logit is not LogitTransform logit)
        {
            return OnTheCurve(values, logDet);
        }

        // 1 - u by itself: near the upper bound it keeps its digits.
        double slope = (1 - (2 * logit.Lambda)) / (logit.High - logit.Low);
        OnnxValue logU = ((slope * (values - logit.Low)) + logit.Lambda).Log();
        OnnxValue logRest = ((slope * (logit.High - values)) + logit.Lambda).Log();
        logDet.Add(_kept.Length * Math.Log(slope));
        logDet.Add(translation.SumOfDatum(-(logU + logRest)));
        return logU - logRest;
    }

    /// <summary>The values after the curves that some columns have; the others are multiplied by 0 there, and added again.</summary>
    private OnnxValue OnTheCurve(OnnxValue values, LogDensity logDet)
    {
        if (_kept.All(column => column.Curve is null))
        {
            return values;
        }

        double[] has = [.. _kept.Select(column => column.Curve is null ? 0.0 : 1.0)];
        double[] centers = [.. _kept.Select(column => (double)(float)(column.Curve?.Center ?? 0))];
        double[] rests = [.. _kept.Zip(centers, (column, center) => (column.Curve?.Center ?? 0) - center)];
        OnnxValue u = (values - translation.PerChannel(centers) - translation.PerChannel(rests))
            * translation.PerChannel([.. _kept.Select(column => column.Curve is TailCurve curve ? 1 / curve.Spread : 0)]);
        logDet.Add(-_kept.Sum(column => Math.Log(column.Curve?.Spread ?? 1)));
        logDet.Add(translation.SumOfDatum(-0.5 * ((u * u) + 1).Log()));
        return Graph.Node("Asinh", [u]) + (values * translation.PerChannel([.. has.Select(one => 1 - one)]));
    }

    private OnnxValue OffTheCurve(OnnxValue values)
    {
        TailCurve?[] curves = [.. scaling.Columns.Select(column => column.Curve)];
        if (curves.All(curve => curve is null))
        {
            return values;
        }

        OnnxValue onCurve = values * translation.PerChannel([.. curves.Select(curve => curve is null ? 0.0 : 1.0)]);
        OnnxValue others = values * translation.PerChannel([.. curves.Select(curve => curve is null ? 1.0 : 0.0)]);
        return others + (Graph.Node("Sinh", [onCurve]) * translation.PerChannel([.. curves.Select(curve => curve?.Spread ?? 1)]))
            + translation.PerChannel([.. curves.Select(curve => curve?.Center ?? 0)]);
    }
}
