using System.Buffers;

using Microsoft.Win32.SafeHandles;

namespace FlowEngine.Data;

/// <summary>Images that stay in their file, an array of any element type in the order of its rows.</summary>
/// <remarks>
/// They are read by position and not by a mapping of the file: what the system has cached costs one copy either way, and a
/// file that is cut short or a disk that fails is an error here, where a mapping ends the process.
/// </remarks>
internal sealed class FileImages : ImageStore
{
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly string _name;
    private readonly long _offset;
    private readonly long _stride;
    private readonly NpyHeader _header;
    private readonly ImageLayout _layout;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file, not packed.</param>
    /// <param name="name">What messages about values call it.</param>
    /// <param name="offset">Where the first image begins.</param>
    /// <param name="stride">Bytes from one image to the next.</param>
    /// <param name="header">The type of the elements.</param>
    /// <param name="layout">The axes of the images.</param>
    /// <exception cref="FlowException">The file cannot be opened, or is shorter than its images.</exception>
    public FileImages(string path, string name, long offset, long stride, NpyHeader header, ImageLayout layout)
    {
        (_path, _name, _offset, _stride, _header, _layout) = (path, name, offset, stride, header, layout);
        _file = DataFile.Guard(path, () => File.OpenHandle(path));
        long needed = offset + ((layout.Count - 1) * stride) + StoredLength;
        if (RandomAccess.GetLength(_file) < needed)
        {
            throw DataFile.BadFormat(path, $"has {RandomAccess.GetLength(_file)} bytes, expected {needed}");
        }
    }

    /// <summary>Images of 8 bits in a file that is open: its owner from now on.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="layout">The axes of the images.</param>
    public FileImages(SafeFileHandle file, string name, ImageLayout layout)
    {
        (_file, _path, _name, _stride, _layout) = (file, name, name, layout.Pixels, layout);
        _header = new NpyHeader('u', 1, IsBigEndian: false, IsFortranOrder: false, [layout.Count]);
    }

    /// <inheritdoc/>
    public override int Count => _layout.Count;

    /// <inheritdoc/>
    public override int Length => _layout.Pixels;

    private int StoredLength => _layout.Pixels * _header.ItemSize;

    private bool IsAsStored => _header is { Kind: 'u', ItemSize: 1 };

    /// <inheritdoc/>
    public override void Read(int index, Span<byte> image)
    {
        image = image[..Length];
        if (IsAsStored && !_layout.IsChannelsFirst)
        {
            ReadStored(index, image);
            return;
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(StoredLength + Length);
        try
        {
            Span<byte> stored = rented.AsSpan(0, StoredLength);
            Span<byte> levels = rented.AsSpan(StoredLength, Length);
            ReadStored(index, stored);
            int bad = NpyElements.ToLevels(_header, stored, levels);
            if (bad >= 0)
            {
                throw NpyReader.BadElement(_name, _header, index, stored, bad);
            }

            _layout.ToChannelsLast(levels, image);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void ReadStored(int index, Span<byte> stored) => DataFile.ReadAt(_file, _path, _offset + (index * _stride), stored);
}
