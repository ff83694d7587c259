using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace FlowEngine.Native;

/// <summary>Checks what C passes before it is believed.</summary>
internal static unsafe class Check
{
    private const int LongestText = 1 << 15;

    private static readonly UTF8Encoding _utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>An argument that is wrong.</summary>
    public static FlowException Invalid(string message) => new(FlowErrorKind.InvalidArgument, message);

    /// <summary>Fails for NULL.</summary>
    public static void NotNull([NotNull] void* pointer, string name)
    {
        if (pointer is null)
        {
            throw Invalid($"{name} is NULL");
        }
    }

    /// <summary>Fails unless a number is one of the first few.</summary>
    public static void Choice(string name, int value, int count)
    {
        if ((uint)value >= (uint)count)
        {
            throw Invalid($"{name} is {value}, expected 0 to {count - 1}");
        }
    }

    /// <summary>A struct whose first field is its size: NULL and another size fail.</summary>
    public static void Struct(void* pointer, int size, string name)
    {
        NotNull(pointer, name);
        uint given = *(uint*)pointer;
        if (given != size)
        {
            throw Invalid($"{name}.struct_size is {given}, expected {size}");
        }
    }

    /// <summary>
    /// A struct of options, which may be of an earlier header: what it had not yet is zero, and so the default.
    /// </summary>
    /// <param name="pointer">The struct.</param>
    /// <param name="first">Its size in the first release.</param>
    /// <param name="name">What errors call it.</param>
    public static T Options<T>(void* pointer, int first, string name)
        where T : unmanaged
    {
        T options = default;
        Buffer.MemoryCopy(pointer, &options, sizeof(T), Size(pointer, first, sizeof(T), name));
        return options;
    }

    /// <summary>Fills a struct that may be of an earlier header: as much as it has room for.</summary>
    public static void Fill<T>(T value, void* pointer, int first, string name)
        where T : unmanaged
    {
        uint size = Size(pointer, first, sizeof(T), name);
        Buffer.MemoryCopy(&value, pointer, size, size);
        *(uint*)pointer = size;
    }

    /// <summary>A text: NULL, no end within 32 KiB and what is not UTF-8 fail.</summary>
    public static string Text(byte* text, string name)
    {
        NotNull(text, name);

        // Byte by byte: what lies behind the end is not ours to read.
        int length = 0;
        while (text[length] != 0)
        {
            if (++length == LongestText)
            {
                throw Invalid($"{name} has no end within {LongestText} bytes");
            }
        }

        try
        {
            return _utf8.GetString(text, length);
        }
        catch (ArgumentException)
        {
            throw Invalid($"{name} is not UTF-8");
        }
    }

    /// <summary>Gives a text to C, NUL-terminated. Where it does not fit, only its length in bytes is written.</summary>
    /// <param name="text">The text.</param>
    /// <param name="target">NULL to ask for the length.</param>
    /// <param name="capacityInBytes">Room at the target.</param>
    /// <param name="lengthInBytes">Receives the length, the NUL among it.</param>
    /// <param name="name">What errors call the target.</param>
    public static void Give(string text, byte* target, nuint capacityInBytes, nuint* lengthInBytes, string name)
    {
        NotNull(lengthInBytes, "length_bytes");
        int length = Encoding.UTF8.GetByteCount(text) + 1;
        *lengthInBytes = (nuint)length;
        if (target is null)
        {
            return;
        }

        if (capacityInBytes < (nuint)length)
        {
            throw Invalid($"capacity_bytes is {capacityInBytes}, {name} needs {length}");
        }

        Put(text, target, length);
    }

    /// <summary>The number of images in an array; NULL and what is not a whole number of images fail.</summary>
    public static long Images(void* array, nuint length, long dims, string name)
    {
        if (length == 0)
        {
            return 0;
        }

        NotNull(array, name);
        return length % (nuint)dims == 0 && length <= long.MaxValue
            ? (long)length / dims
            : throw Invalid($"{name} has {length} values, expected a multiple of {dims}");
    }

    /// <summary>How many samples are to be drawn.</summary>
    public static void Count(long count)
    {
        if (count is < 0 or > uint.MaxValue)
        {
            throw Invalid($"count is {count}, expected 0 to {uint.MaxValue}");
        }
    }

    /// <summary>An array of count rows of a width. NULL is allowed only where there are no elements.</summary>
    public static void Array(void* array, nuint length, long count, string name, int width = 1)
    {
        // Below 2^63 and 2^31: the product fits.
        Int128 expected = (Int128)count * width;
        if (length != expected)
        {
            throw Invalid($"{name} has room for {length} values, expected {expected}");
        }

        if (length > 0)
        {
            NotNull(array, name);
        }
    }

    /// <summary>A span over an array of C, of at most 2^31 - 1 elements.</summary>
    public static Span<T> Span<T>(void* array, nuint length, string name)
        where T : unmanaged =>
        length <= int.MaxValue
            ? new Span<T>(array, (int)length)
            : throw Invalid($"{name} has {length} values, expected at most {int.MaxValue}");

    /// <summary>A stream over bytes of C, which it may not outlive.</summary>
    public static UnmanagedMemoryStream Stream(byte* bytes, nuint lengthInBytes, string name)
    {
        NotNull(bytes, name);
        return lengthInBytes <= long.MaxValue
            ? new(bytes, (long)lengthInBytes)
            : throw Invalid($"length_bytes is {lengthInBytes}, expected at most {long.MaxValue}");
    }

    /// <summary>Writes a text into a field of a struct, cut to fit, NUL-terminated.</summary>
    public static void Put(string text, byte* field, int lengthInBytes)
    {
        Span<byte> target = new(field, lengthInBytes);
        target.Clear();
        Encoding.UTF8.GetEncoder().Convert(text, target[..^1], flush: true, out _, out _, out _);
    }

    /// <summary>Fails for a struct that FLOW_ABI_VERSION 2 changed and that has a size of version 1.</summary>
    /// <param name="pointer">The struct.</param>
    /// <param name="old">Its first size under version 1.</param>
    /// <param name="first">Its first size under version 2.</param>
    /// <param name="name">What errors call it.</param>
    public static void RequireAbi2(void* pointer, int old, int first, string name)
    {
        NotNull(pointer, name);
        uint given = *(uint*)pointer;
        if (given >= old && given < first)
        {
            throw Invalid(
                $"{name}.struct_size is {given}: the caller was made for FLOW_ABI_VERSION 1, this library has "
                + $"{LibraryExports.Abi}; recompile it with the library's flowengine.h");
        }
    }

    /// <summary>The size of a struct, which may be of an earlier header.</summary>
    /// <param name="pointer">The struct.</param>
    /// <param name="first">Its size in the first release.</param>
    /// <param name="last">Its size today.</param>
    /// <param name="name">What errors call it.</param>
    public static uint Size(void* pointer, int first, int last, string name)
    {
        NotNull(pointer, name);
        uint given = *(uint*)pointer;
        return given >= first && given <= last && given % sizeof(int) == 0
            ? given
            : throw Invalid($"{name}.struct_size is {given}, expected {last}{(first < last ? $", or {first} of the first release" : "")}");
    }

    /// <summary>A text that lives as long as the library: in pinned memory that is never let go of.</summary>
    /// <param name="owner">Keeps it; a static field.</param>
    public static byte* Pinned(byte[] owner) => (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(owner, 0);

    /// <summary>The bytes of a text, NUL-terminated and pinned.</summary>
    public static byte[] ToPinned(string text)
    {
        byte[] bytes = GC.AllocateArray<byte>(Encoding.UTF8.GetByteCount(text) + 1, pinned: true);
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
