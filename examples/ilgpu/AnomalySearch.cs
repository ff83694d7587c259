using FlowEngine.Ilgpu;
using FlowEngine.Models;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Algorithms.RadixSortOperations;
using ILGPU.Runtime;

namespace FlowEngine.Examples.Ilgpu;

/// <summary>
/// The least likely rows of a batch: a kernel of ours standardizes it, a model scores it, ILGPU.Algorithms sorts the scores.
/// All of it is queued on one stream; the host sees the rows that were found and nothing in between.
/// </summary>
public static class AnomalySearch
{
    /// <summary>Standardizes rows: the arithmetic of the kernel, for all who need the same bits.</summary>
    /// <param name="value">A reading.</param>
    /// <param name="mean">Of its column.</param>
    /// <param name="deviation">Of its column.</param>
    public static float Standardize(float value, float mean, float deviation) => (value - mean) / deviation;

    /// <summary>Finds rows.</summary>
    /// <param name="accelerator">Where to.</param>
    /// <param name="model">On a backend of the accelerator; of standardized rows.</param>
    /// <param name="readings">(B, <see cref="SensorData.Columns"/>), as the sensors gave them.</param>
    /// <param name="moments">Means, then standard deviations.</param>
    /// <param name="count">How many rows to find.</param>
    /// <returns>The rows and their log densities, the least likely first.</returns>
    public static (int Row, double LogProb)[] Find(
        Accelerator accelerator, Model model, float[] readings, float[] moments, int count)
    {
        using AcceleratorStream stream = accelerator.CreateStream();
        int batch = readings.Length / SensorData.Columns;
        using MemoryBuffer1D<float, Stride1D.Dense> rows = accelerator.Allocate1D(readings);
        using MemoryBuffer1D<float, Stride1D.Dense> columns = accelerator.Allocate1D(moments);
        using MemoryBuffer1D<double, Stride1D.Dense> logProb = accelerator.Allocate1D<double>(batch);
        using MemoryBuffer1D<long, Stride1D.Dense> keys = accelerator.Allocate1D<long>(batch);
        using MemoryBuffer1D<int, Stride1D.Dense> order = accelerator.Allocate1D<int>(batch);
        using MemoryBuffer1D<double, Stride1D.Dense> found = accelerator.Allocate1D<double>(count);
        using MemoryBuffer1D<int, Stride1D.Dense> scratch = accelerator.Allocate1D<int>(
            accelerator.ComputeRadixSortPairsTempStorageSize<long, int, AscendingInt64>((Index1D)batch));
        Action<AcceleratorStream, Index1D, ArrayView<float>, ArrayView<float>> standardize =
            accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<float>, ArrayView<float>>(StandardizeRows);
        Action<AcceleratorStream, Index1D, ArrayView<double>, ArrayView<long>, ArrayView<int>> makeKeys =
            accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<double>, ArrayView<long>, ArrayView<int>>(MakeKeys);
        Action<AcceleratorStream, Index1D, ArrayView<double>, ArrayView<int>, ArrayView<double>> gather =
            accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<double>, ArrayView<int>, ArrayView<double>>(Gather);
        RadixSortPairs<long, Stride1D.Dense, int, Stride1D.Dense> sort =
            accelerator.CreateRadixSortPairs<long, Stride1D.Dense, int, Stride1D.Dense, AscendingInt64>();

        standardize(stream, rows.IntExtent, rows.View, columns.View);
        model.LogProb(stream, rows.View, logProb.View);
        makeKeys(stream, batch, logProb.View, keys.View, order.View);
        sort(stream, keys.View, order.View, scratch.View);
        gather(stream, count, logProb.View, order.View, found.View);

        int[] best = new int[count];
        double[] scores = new double[count];
        order.View.SubView(0, count).CopyToCPU(stream, best);
        found.View.CopyToCPU(stream, scores);
        return [.. best.Zip(scores)];
    }

    private static void StandardizeRows(Index1D i, ArrayView<float> rows, ArrayView<float> moments)
    {
        int column = i % SensorData.Columns;
        rows[i] = Standardize(rows[i], moments[column], moments[SensorData.Columns + column]);
    }

    // ILGPU 1.5.3 sorts negative floating-point numbers wrongly: these integers are in the order of the scores.
    private static void MakeKeys(Index1D i, ArrayView<double> logProb, ArrayView<long> keys, ArrayView<int> order)
    {
        long bits = (long)ILGPU.Interop.FloatAsInt(logProb[i]);
        keys[i] = bits < 0 ? bits ^ long.MaxValue : bits;
        order[i] = i;
    }

    private static void Gather(Index1D i, ArrayView<double> logProb, ArrayView<int> order, ArrayView<double> found) =>
        found[i] = logProb[order[i]];
}
