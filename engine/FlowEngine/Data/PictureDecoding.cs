using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

using Microsoft.Win32.SafeHandles;

namespace FlowEngine.Data;

/// <summary>Decodes the pictures of a set in all threads.</summary>
internal sealed class PictureDecoding(PictureFiles files, string[] names, ImageReading reading)
{
    private const int MostShown = 8;

    private readonly long _largestInMemory = ImageStore.LargestInMemory;
    private readonly byte[][] _images = new byte[names.Length][];
    private readonly Dictionary<(int Height, int Width, int Channels), (int Count, int First)> _shapes = [];
    private SafeFileHandle? _scratch;
    private int _decoded;

    /// <summary>Decodes all of them.</summary>
    /// <param name="name">The name of the set.</param>
    /// <exception cref="FlowException">A file is unreadable or damaged, or they are not of one shape: how many are of which.
    /// </exception>
    public ImageDataset Run(string name)
    {
        try
        {
            // One at a time from the files, which may be a stream; a worker takes the next when it has decoded one.
            Parallel.ForEach(
                Partitioner.Create(files.Each(names), EnumerablePartitionerOptions.NoBuffering),
                new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
                file =>
                {
                    Keep(file.Index, Decode(names[file.Index], file.Read()));
                    reading.Progress?.Invoke(Interlocked.Increment(ref _decoded), names.Length);
                });
        }
        catch (AggregateException exception)
        {
            _scratch?.Dispose();
            ExceptionDispatchInfo.Throw(exception.Flatten().InnerExceptions[0]);
        }

        RequireOneShape();
        (int height, int width, int channels) = _shapes.Keys.Single();
        return _scratch is null
            ? new ImageDataset(name, height, width, channels, 256, _images)
            : new ImageDataset(
                name,
                height,
                width,
                channels,
                256,
                new FileImages(_scratch, files.Source, new ImageLayout(names.Length, height, width, channels, IsChannelsFirst: false)),
                null);
    }

    private Image Decode(string name, byte[] file) => reading.Read(file, Path.GetExtension(name), files.Describe(name));

    private void Keep(int index, Image image)
    {
        (int, int, int) shape = (image.Height, image.Width, image.Channels);
        SafeFileHandle? scratch;
        lock (_shapes)
        {
            long length = (long)names.Length * image.Pixels.Length;
            if (_shapes.Count == 0 && length > _largestInMemory)
            {
                _scratch = ScratchFile.Create(reading.ScratchFolder, length);
            }

            _shapes[shape] = _shapes.TryGetValue(shape, out (int Count, int First) known)
                ? (known.Count + 1, Math.Min(known.First, index))
                : (1, index);

            // Of pictures of several shapes only the numbers are of use.
            if (_shapes.Count > 1)
            {
                return;
            }

            scratch = _scratch;
            _images[index] = scratch is null ? image.Pixels : [];
        }

        if (scratch is not null)
        {
            DataFile.Guard(reading.ScratchFolder, () =>
            {
                RandomAccess.Write(scratch, image.Pixels, (long)index * image.Pixels.Length);
                return true;
            });
        }
    }

    private void RequireOneShape()
    {
        if (_shapes.Count == 1)
        {
            return;
        }

        _scratch?.Dispose();
        string shown = string.Join(", ", _shapes.OrderByDescending(shape => shape.Value.Count).ThenBy(shape => shape.Value.First)
            .Take(MostShown)
            .Select(shape => $"{shape.Value.Count} of {shape.Key.Height}x{shape.Key.Width}x{shape.Key.Channels} (as "
                + $"'{names[shape.Value.First]}')"));
        bool isOneSize = _shapes.Keys.Select(shape => (shape.Height, shape.Width)).Distinct().Count() == 1;
        bool isOneMode = _shapes.Keys.Select(shape => shape.Channels).Distinct().Count() == 1;
        string[] remedies =
        [
            .. isOneSize ? [] : new[] { "--size N resizes and crops them" },
            .. isOneMode ? [] : new[] { "--gray or --rgb makes them of one mode" },
        ];
        throw DataFile.BadFormat(
            files.Source,
            $"holds pictures of {_shapes.Count} shapes, rows x columns x channels: {shown}"
            + $"{(_shapes.Count > MostShown ? ", ..." : string.Empty)}; expected one: {string.Join(", ", remedies)}");
    }
}
