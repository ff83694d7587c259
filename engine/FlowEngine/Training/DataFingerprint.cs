using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

using FlowEngine.Checkpoints;
using FlowEngine.Data;

namespace FlowEngine.Training;

/// <summary>A digest of samples as a model takes them: a run that goes on with other data is another run.</summary>
internal static class DataFingerprint
{
    private const int BlockLength = 1 << 20;
    private const long MostRead = 1L << 32;
    private const long ReadOfMore = 1L << 28;

    /// <summary>
    /// SHA-256 of the sizes, of every value in order, and of the conditions. Of more than 4 GiB of grey levels it takes images
    /// at even distances, 256 MiB of them: a run is not to begin by minutes of reading.
    /// </summary>
    /// <param name="data">The samples.</param>
    /// <param name="conditions">(Count, N); empty for none.</param>
    public static string Of(IDataset data, ReadOnlySpan<float> conditions)
    {
        Sha256 hash = new();
        hash.Append(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{data.Count} x {data.Dims}, {data.Bins} levels\n")));
        long length = (long)data.Count * data.Dims;
        int stride = data.Bins is null || length <= MostRead ? 1 : (int)(length / ReadOfMore);
        int block = Math.Clamp(BlockLength / data.Dims, 1, Math.Max(1, data.Count));
        byte[] levels = new byte[data.Bins is null ? 0 : block * data.Dims];
        float[] values = new float[data.Bins is null ? block * data.Dims : 0];
        int count = (data.Count + stride - 1) / stride;
        for (int first = 0; first < count; first += block)
        {
            int[] indices = [.. Enumerable.Range(first, Math.Min(block, count - first)).Select(index => index * stride)];
            data.Fill(indices, levels, values);
            int read = indices.Length * data.Dims;
            hash.Append(data.Bins is null ? MemoryMarshal.AsBytes(values.AsSpan(0, read)) : levels.AsSpan(0, read));
        }

        hash.Append(MemoryMarshal.AsBytes(conditions));
        return hash.Finish();
    }

    /// <summary>The error of a run that is to go on with other data.</summary>
    /// <param name="state">The file of its state.</param>
    /// <param name="part">Which data.</param>
    public static FlowException Changed(string state, string part) => new(
        FlowErrorKind.InvalidArgument,
        $"{state}: the {part} data are not those that the run began with: expected the same ones in the same order "
        + "(--data PATH where they have moved), or --allow-changed-data to go on with others");
}
