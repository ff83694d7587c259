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

    /// <summary>SHA-256 of the sizes, of every value in order, and of the conditions.</summary>
    /// <param name="data">The samples.</param>
    /// <param name="conditions">(Count, N); empty for none.</param>
    public static string Of(IDataset data, ReadOnlySpan<float> conditions)
    {
        Sha256 hash = new();
        hash.Append(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{data.Count} x {data.Dims}, {data.Bins} levels\n")));
        int block = Math.Clamp(BlockLength / data.Dims, 1, Math.Max(1, data.Count));
        byte[] levels = new byte[data.Bins is null ? 0 : block * data.Dims];
        float[] values = new float[data.Bins is null ? block * data.Dims : 0];
        for (int first = 0; first < data.Count; first += block)
        {
            int[] indices = [.. Enumerable.Range(first, Math.Min(block, data.Count - first))];
            data.Fill(indices, levels, values);
            int length = indices.Length * data.Dims;
            hash.Append(data.Bins is null ? MemoryMarshal.AsBytes(values.AsSpan(0, length)) : levels.AsSpan(0, length));
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
