using System.Runtime.InteropServices;

namespace FlowEngine.Data;

/// <summary>A part of a prepared table, as it was written.</summary>
/// <param name="Part">train, val or test.</param>
/// <param name="Count">Its rows.</param>
/// <param name="Columns">The names of its columns.</param>
/// <param name="Label">The label column; null for none.</param>
/// <param name="Classes">What its labels are called; null where they are numbers, or there are none.</param>
/// <param name="Notes">What the reader took for granted.</param>
internal sealed record PreparedRows(
    string Part, int Count, string[] Columns, string? Label, string[]? Classes, IReadOnlyList<string> Notes)
{
    /// <summary>Copies rows into an array of float64 and their labels into one of int32, one row in memory at a time.</summary>
    /// <param name="folder">Where the arrays are made.</param>
    /// <param name="part">train, val or test.</param>
    /// <param name="rows">The rows.</param>
    /// <exception cref="FlowException">There are none, or a cell is wrong: which one.</exception>
    public static PreparedRows Write(string folder, string part, RowReader rows)
    {
        LabelTexts labels = new();
        int count = 0;
        bool hasLabels = rows.Header.Label >= 0;
        AtomicFile.Write(Path.Combine(folder, $"{part}.npy"), stream =>
        {
            double[] row = new double[rows.Numbers.Length];
            NpyWriter.WriteHeader(stream, "<f8", $"({int.MaxValue}, {row.Length})");
            long start = stream.Position;
            while (rows.Read(row, out string label))
            {
                stream.Write(MemoryMarshal.AsBytes<double>(row));
                count = checked(count + 1);
                if (hasLabels)
                {
                    labels.Add(label);
                }
            }

            // The header has the same length, whatever the number of rows.
            stream.Position = 0;
            NpyWriter.WriteHeader(stream, "<f8", $"({count}, {row.Length})");
            if (stream.Position != start)
            {
                throw new InvalidOperationException("the header of the array grew");
            }
        });
        if (count == 0)
        {
            throw rows.Empty();
        }

        ClassLabels? classes = hasLabels ? labels.ToClasses() : null;
        if (classes is not null)
        {
            AtomicFile.Write(Path.Combine(folder, $"{part}_labels.npy"), stream => NpyWriter.Write(stream, classes.Numbers));
        }

        return new PreparedRows(
            part,
            count,
            rows.Columns,
            hasLabels ? rows.Header.Columns[rows.Header.Label] : null,
            classes?.Names,
            rows.Header.Notes);
    }
}
