using System.Globalization;

namespace FlowEngine.Data;

/// <summary>How much the readers make of packed files: gzip, the arrays of a .npz, PNG and what flow compress wrote.</summary>
/// <remarks>
/// Deflate makes a thousand bytes of one, so a small file can ask for all memory. Files that are not packed have no limit
/// but their length.
/// </remarks>
public static class ReadLimits
{
    /// <summary>The environment variable that sets <see cref="UnpackedBytes"/> for a process.</summary>
    public const string Variable = "FLOW_MAX_UNPACKED_BYTES";

    private const long DefaultUnpackedBytes = 1L << 30;
    private const long UsualExpansion = 16;

    private static long? _unpackedBytes;

    /// <summary>
    /// The most bytes that one packed file is unpacked to; a file of more than a sixteenth of it may hold 16 times its length.
    /// At least 1; 1 GiB unless <see cref="Variable"/> says otherwise.
    /// </summary>
    /// <exception cref="FlowException">It is set to less than 1, or the variable is no such number.</exception>
    public static long UnpackedBytes
    {
        get => _unpackedBytes ??= FromEnvironment();
        set => _unpackedBytes = value >= 1
            ? value
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"the limit on unpacked bytes is {value}, expected 1 or more");
    }

    /// <summary>The most bytes that a packed file may hold.</summary>
    /// <param name="packedLength">Its length.</param>
    internal static long Of(long packedLength) =>
        Math.Max(UnpackedBytes, Math.Min(packedLength, long.MaxValue / UsualExpansion) * UsualExpansion);

    /// <summary>The error of a packed file that holds more.</summary>
    /// <param name="name">The file.</param>
    /// <param name="limit">What <see cref="Of"/> gave for it.</param>
    internal static FlowException Exceeded(string name, long limit) => DataFile.BadFormat(
        name,
        $"holds more than {limit} bytes when unpacked, expected less of a file of its length: if it is what it should be, "
        + $"set the environment variable {Variable} to more");

    private static long FromEnvironment()
    {
        string? text = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(text))
        {
            return DefaultUnpackedBytes;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) && bytes >= 1
            ? bytes
            : throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{Variable} is {text}, expected a whole number of bytes, 1 or more");
    }
}
