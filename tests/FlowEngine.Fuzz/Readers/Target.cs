using System.Runtime.InteropServices;

using FlowEngine.Data;

namespace FlowEngine.Fuzz;

/// <summary>A reader that is tried with inputs.</summary>
/// <param name="name">Its name.</param>
internal abstract class Target(string name) : IDisposable
{
    /// <summary>What the reader is told that the input is called.</summary>
    protected const string FileName = "input";

    /// <summary>The name.</summary>
    public string Name => name;

    /// <summary>Makes an input: sound parts, odd numbers where numbers are, right checksums but for some.</summary>
    /// <param name="dice">Makes the choices.</param>
    /// <param name="output">Empty; where it goes.</param>
    public abstract void Make(Dice dice, Output output);

    /// <summary>Reads an input.</summary>
    /// <param name="input">The bytes.</param>
    /// <exception cref="FlowException">The input is refused. No other exception is right.</exception>
    public abstract void Read(ReadOnlyMemory<byte> input);

    /// <summary>The length of an input when unpacked.</summary>
    /// <param name="input">The bytes.</param>
    public virtual long UnpackedLength(ReadOnlyMemory<byte> input) => input.Length;

    /// <summary>An input as a stream.</summary>
    protected static MemoryStream Stream(ReadOnlyMemory<byte> input) => MemoryMarshal.TryGetArray(input, out ArraySegment<byte> part)
        ? new MemoryStream(part.Array!, part.Offset, part.Count, writable: false)
        : throw new ArgumentException("the input is not in an array", nameof(input));

    /// <summary>Reads an input as a file.</summary>
    /// <param name="input">The bytes of whatever file is opened.</param>
    /// <param name="read">Reads files.</param>
    protected static void AsFile(ReadOnlyMemory<byte> input, Action read)
    {
        DataFile.Opener = _ => Stream(input);
        try
        {
            read();
        }
        finally
        {
            DataFile.Opener = null;
        }
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}
