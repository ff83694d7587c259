using System.Runtime.InteropServices;

namespace FlowEngine.Checkpoints;

/// <summary>A tensor in host memory as checkpoints store it: name, type, shape and row-major elements.</summary>
/// <remarks>
/// The array given to a constructor is kept, not copied, so that saving a model costs no second copy of it;
/// whoever changes that array changes the tensor. One tensor holds less than 2 GiB.
/// </remarks>
public sealed class NamedTensor
{
    private const int LongestQuotedName = 120;

    private readonly Array _data;
    private readonly long[] _shape;

    /// <summary>A float32 tensor over <paramref name="data"/>.</summary>
    /// <param name="name">Its name: well-formed Unicode, and not <c>__metadata__</c>.</param>
    /// <param name="data">The elements, last dimension fastest; not copied.</param>
    /// <param name="shape">The dimensions; none for a scalar.</param>
    /// <exception cref="ArgumentException">The name is not allowed, or shape and length disagree.</exception>
    public NamedTensor(string name, float[] data, params ReadOnlySpan<long> shape)
        : this(name, TensorType.F32, data, shape)
    {
    }

    /// <summary>A float64 tensor; see <see cref="NamedTensor(string, float[], ReadOnlySpan{long})"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="data">The elements; not copied.</param>
    /// <param name="shape">The dimensions.</param>
    /// <exception cref="ArgumentException">The name is not allowed, or shape and length disagree.</exception>
    public NamedTensor(string name, double[] data, params ReadOnlySpan<long> shape)
        : this(name, TensorType.F64, data, shape)
    {
    }

    /// <summary>An int32 tensor; see <see cref="NamedTensor(string, float[], ReadOnlySpan{long})"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="data">The elements; not copied.</param>
    /// <param name="shape">The dimensions.</param>
    /// <exception cref="ArgumentException">The name is not allowed, or shape and length disagree.</exception>
    public NamedTensor(string name, int[] data, params ReadOnlySpan<long> shape)
        : this(name, TensorType.I32, data, shape)
    {
    }

    /// <summary>An int64 tensor; see <see cref="NamedTensor(string, float[], ReadOnlySpan{long})"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="data">The elements; not copied.</param>
    /// <param name="shape">The dimensions.</param>
    /// <exception cref="ArgumentException">The name is not allowed, or shape and length disagree.</exception>
    public NamedTensor(string name, long[] data, params ReadOnlySpan<long> shape)
        : this(name, TensorType.I64, data, shape)
    {
    }

    /// <summary>A uint8 tensor; see <see cref="NamedTensor(string, float[], ReadOnlySpan{long})"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="data">The elements; not copied.</param>
    /// <param name="shape">The dimensions.</param>
    /// <exception cref="ArgumentException">The name is not allowed, or shape and length disagree.</exception>
    public NamedTensor(string name, byte[] data, params ReadOnlySpan<long> shape)
        : this(name, TensorType.U8, data, shape)
    {
    }

    /// <summary>A tensor of any type over an array of <see cref="TensorTypes.Allocate"/>.</summary>
    internal NamedTensor(string name, TensorType type, Array data, ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (!IsAllowed(name))
        {
            throw new ArgumentException($"a tensor cannot be named {Quote(name)}", nameof(name));
        }

        if (TensorTypes.CountElements(shape) != data.Length)
        {
            throw new ArgumentException(
                $"tensor {Quote(name)}: {data.Length} elements do not fill the shape {Describe(shape)}", nameof(shape));
        }

        if ((long)data.Length * TensorTypes.ElementSize(type) > int.MaxValue)
        {
            throw new ArgumentException($"tensor {Quote(name)} holds 2 GiB or more", nameof(data));
        }

        Name = name;
        Type = type;
        _data = data;
        _shape = shape.ToArray();
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public TensorType Type { get; }

    /// <summary>The dimensions, slowest first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>The number of elements.</summary>
    public int Length => _data.Length;

    /// <summary>The number of bytes.</summary>
    public int LengthInBytes => _data.Length * TensorTypes.ElementSize(Type);

    /// <summary>The elements as little-endian bytes, the form a file holds.</summary>
    public ReadOnlySpan<byte> Bytes => WritableBytes;

    /// <summary>The memory behind <see cref="Bytes"/>, for the reader that fills it.</summary>
    internal Span<byte> WritableBytes =>
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(_data), LengthInBytes);

    /// <summary>The elements, in the C# type that <see cref="TensorType"/> names for <see cref="Type"/>.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <returns>A view, not a copy.</returns>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> is not the tensor's type.</exception>
    public ReadOnlySpan<T> AsSpan<T>()
        where T : unmanaged =>
        _data is T[] array
            ? array
            : throw new InvalidOperationException($"tensor {Quote(Name)} is {TensorTypes.NameOf(Type)}");

    /// <summary>Every element as float32, whatever the type; F64 and integers round to nearest.</summary>
    /// <returns>A new array of <see cref="Length"/> elements.</returns>
    public float[] ToSingles() => _data switch
    {
        float[] values => [.. values],
        double[] values => Array.ConvertAll(values, value => (float)value),
        int[] values => Array.ConvertAll(values, value => (float)value),
        long[] values => Array.ConvertAll(values, value => (float)value),
        byte[] values => Array.ConvertAll(values, value => (float)value),
        Half[] values => Array.ConvertAll(values, value => (float)value),
        _ => Array.ConvertAll((ushort[])_data, FromBfloat16),
    };

    /// <summary>Every element as float64, whatever the type; exact but for I64 beyond 2^53.</summary>
    /// <returns>A new array of <see cref="Length"/> elements.</returns>
    public double[] ToDoubles() => _data switch
    {
        double[] values => [.. values],
        int[] values => Array.ConvertAll(values, value => (double)value),
        long[] values => Array.ConvertAll(values, value => (double)value),
        float[] values => Array.ConvertAll(values, value => (double)value),
        _ => Array.ConvertAll(ToSingles(), value => (double)value),
    };

    /// <summary>The same elements under another name and shape.</summary>
    /// <param name="name">The new name.</param>
    /// <param name="shape">The new dimensions, of the same product.</param>
    /// <returns>A tensor that shares this one's memory.</returns>
    /// <exception cref="ArgumentException">The name is not allowed, or the shape does not fit.</exception>
    public NamedTensor As(string name, params ReadOnlySpan<long> shape) => new(name, Type, _data, shape);

    /// <summary>Name, type and shape, for people.</summary>
    /// <returns>For example <c>"prior.bias" F32 (12)</c>.</returns>
    public override string ToString() => $"{Quote(Name)} {TensorTypes.NameOf(Type)} {Describe(Shape)}";

    /// <summary>False for the reserved name and for lone surrogates, which no UTF-8 file can hold.</summary>
    internal static bool IsAllowed(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name != SafetensorsHeader.MetadataName && IsWellFormed(name);
    }

    /// <summary>False if a surrogate has no partner.</summary>
    internal static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return false;
            }

            i++;
        }

        return true;
    }

    /// <summary>A name for an error line: quoted, at most 120 characters.</summary>
    internal static string Quote(string name) => $"\"{PrintableText.OneLine(name, LongestQuotedName)}\"";

    internal static string Describe(ReadOnlySpan<long> shape) => $"({string.Join(", ", shape.ToArray())})";

    private static float FromBfloat16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
}
