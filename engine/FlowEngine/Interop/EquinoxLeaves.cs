using FlowEngine.Data;

namespace FlowEngine.Interop;

/// <summary>
/// The arrays of an Equinox file, in the order of the leaves of the tree that was saved: one .npy array after the other, without
/// names. Python numbers among them, which are sizes, are passed over.
/// </summary>
internal sealed class EquinoxLeaves
{
    private readonly string _name;
    private readonly Queue<EquinoxArray> _arrays = [];

    /// <summary>Reads a file.</summary>
    /// <param name="stream">The file, which can seek.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="FlowException">It is damaged, or no such file.</exception>
    public EquinoxLeaves(Stream stream, string name)
    {
        _name = name;
        DataReader reader = new(stream, name, stream.Length - stream.Position, isExact: false) { IsPacked = false };
        while (reader.Remaining > 0)
        {
            NpyHeader header = NpyHeader.Read(reader);
            header.RequireNumbers(name);
            reader.Expect((UInt128)header.LengthInBytes, $"elements of shape {header.ShapeText}");
            if (header.IsFortranOrder && header.Shape.Length > 1)
            {
                throw DataFile.BadFormat(name, "has an array in Fortran order, expected row-major ones");
            }

            double[] values = new double[header.LengthInBytes / header.ItemSize];
            NpyElements.ToNumbers(header, reader.ReadBytes(header.LengthInBytes), values);
            if (header.Shape.Length > 0)
            {
                _arrays.Enqueue(new EquinoxArray(header.Kind == 'b', header.Shape, values));
            }
        }
    }

    /// <summary>True if the next array is a mask.</summary>
    public bool IsMaskNext => _arrays.TryPeek(out EquinoxArray? next) && next.IsMask;

    /// <summary>The length of the next array, which stays.</summary>
    /// <param name="what">What it is.</param>
    public int PeekLength(string what) => _arrays.TryPeek(out EquinoxArray? next) && next.Shape is [> 0 and <= 1 << 14]
        ? (int)next.Shape[0]
        : throw DataFile.BadFormat(_name, $"has no {what} where one is expected");

    /// <summary>The elements of the next array.</summary>
    /// <param name="what">What it is.</param>
    /// <param name="shape">Its shape.</param>
    /// <exception cref="FlowException">It has another shape or elements that are not finite, or there is none.</exception>
    public double[] Take(string what, params ReadOnlySpan<long> shape)
    {
        if (!_arrays.TryDequeue(out EquinoxArray? next))
        {
            throw DataFile.BadFormat(_name, $"ends before {what}: it is of another flow than the description's");
        }

        if (!next.Shape.AsSpan().SequenceEqual(shape))
        {
            throw DataFile.BadFormat(
                _name, $"has an array of shape ({string.Join(", ", next.Shape)}) for {what}, expected ({string.Join(", ", shape.ToArray())})");
        }

        return next.Values.All(double.IsFinite)
            ? next.Values
            : throw DataFile.BadFormat(_name, $"holds NaN or infinity in {what}");
    }

    /// <summary>Everything was taken.</summary>
    public void ExpectEmpty()
    {
        if (_arrays.Count > 0)
        {
            throw DataFile.BadFormat(_name, $"has {_arrays.Count} arrays more than the flow of the description");
        }
    }
}
