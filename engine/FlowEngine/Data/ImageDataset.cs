using FlowEngine.Architecture;

namespace FlowEngine.Data;

/// <summary>Images of one shape with samples 0..Bins-1, and labels where the source has them.</summary>
/// <remarks>
/// Immutable, so one data set serves many threads. Images are in memory, an array each, or stay in a file that is large: then
/// each is read when it is asked for, and what <see cref="Quantize"/>, <see cref="Pad"/> and <see cref="Crop"/> make of it is
/// made anew. Such a file is not to be changed meanwhile.
/// </remarks>
public sealed class ImageDataset : IDataset
{
    private readonly ImageStore _images;

    /// <summary>Creates a data set over arrays, which are taken over, not copied: do not change them after.</summary>
    /// <param name="name">Short name for messages and reports.</param>
    /// <param name="height">Rows of an image, at least 1.</param>
    /// <param name="width">Columns of an image, at least 1.</param>
    /// <param name="channels">Samples a pixel, at least 1.</param>
    /// <param name="bins">Number of grey levels, 2..256.</param>
    /// <param name="images">height·width·channels samples each, in H,W,C order, every sample below bins.</param>
    /// <param name="labels">One label an image, or null.</param>
    /// <exception cref="FlowException">A size, a length or a sample breaks the rules above.</exception>
    public ImageDataset(
        string name, int height, int width, int channels, int bins, byte[][] images, int[]? labels = null)
    {
        Name = name ?? throw Invalid("data set", "the name is null, expected text");
        int length = Image.CheckedLength(height, width, channels);
        if (bins is < 2 or > 256)
        {
            throw Invalid(name, $"bins is {bins}, expected 2..256");
        }

        if (images is null)
        {
            throw Invalid(name, "the images are null, expected an array");
        }

        for (int i = 0; i < images.Length; i++)
        {
            if (images[i] is null || images[i].Length != length)
            {
                throw Invalid(name, $"image {i} has {images[i]?.Length ?? 0} samples, expected {length}");
            }

            if (bins < 256 && images[i].AsSpan().ContainsAnyInRange((byte)bins, byte.MaxValue))
            {
                throw Invalid(name, $"image {i} has a sample above {bins - 1}, expected 0..{bins - 1}");
            }
        }

        if (labels is not null && labels.Length != images.Length)
        {
            throw Invalid(name, $"{labels.Length} labels for {images.Length} images, expected one each");
        }

        (Height, Width, Channels, Bins, Labels) = (height, width, channels, bins, labels);
        _images = new MemoryImages(images, length);
    }

    /// <summary>A data set over a store of images of a shape, all of whose samples are below the number of levels.</summary>
    internal ImageDataset(string name, int height, int width, int channels, int bins, ImageStore images, int[]? labels)
    {
        (Name, Height, Width, Channels, Bins, _images, Labels) = (name, height, width, channels, bins, images, labels);
    }

    /// <summary>Images of a caller's array, which is copied.</summary>
    /// <param name="name">Short name for messages and reports.</param>
    /// <param name="levels">(N, height, width, channels), every sample below bins.</param>
    /// <param name="height">Rows of an image, at least 1.</param>
    /// <param name="width">Columns of an image, at least 1.</param>
    /// <param name="channels">Samples a pixel, at least 1.</param>
    /// <param name="bins">Number of grey levels, 2..256.</param>
    /// <param name="labels">One label an image, or null.</param>
    /// <exception cref="FlowException">A size or a sample is out of range, or the length is not that of whole images.</exception>
    public static ImageDataset Of(
        string name,
        ReadOnlySpan<byte> levels,
        int height,
        int width,
        int channels,
        int bins = 256,
        int[]? labels = null)
    {
        int length = Image.CheckedLength(height, width, channels);
        if (levels.Length % length != 0)
        {
            throw Invalid(name, $"{levels.Length} samples, expected a multiple of {length} for {height}x{width}x{channels}");
        }

        byte[][] images = new byte[levels.Length / length][];
        for (int i = 0; i < images.Length; i++)
        {
            images[i] = levels.Slice(i * length, length).ToArray();
        }

        return new ImageDataset(name, height, width, channels, bins, images, labels);
    }

    /// <summary>Short name, as the source calls itself.</summary>
    public string Name { get; }

    /// <summary>Number of images; may be 0.</summary>
    public int Count => _images.Count;

    /// <summary>Rows of an image.</summary>
    public int Height { get; }

    /// <summary>Columns of an image.</summary>
    public int Width { get; }

    /// <summary>Samples a pixel.</summary>
    public int Channels { get; }

    /// <summary>Number of grey levels: samples are 0..Bins-1.</summary>
    public int Bins { get; }

    /// <summary>One label an image in the order of the images, or null where the source has none.</summary>
    public int[]? Labels { get; }

    /// <summary>What a label k is called; null where labels are numbers.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>True if the reader made the levels of fractions of 1, so that their range is known.</summary>
    internal bool IsOfFractions { get; init; }

    /// <summary>What the reader passed over, one line each.</summary>
    internal IReadOnlyList<string> Notes { get; init; } = [];

    /// <inheritdoc/>
    public int Dims => Height * Width * Channels;

    int? IDataset.Bins => Bins;

    SampleUnit IDataset.Unit => SampleUnit.Image;

    float[]? IDataset.Conditions => null;

    double[]? IDataset.LogDet => null;

    /// <summary>The samples of one image, height·width·channels levels in H,W,C order.</summary>
    /// <param name="index">0..Count-1.</param>
    /// <exception cref="FlowException"><paramref name="index"/> is outside the data set, or the file of the images cannot be
    /// read.</exception>
    public ReadOnlySpan<byte> this[int index] => (uint)index < (uint)_images.Count
        ? _images.Get(index)
        : throw Invalid(Name, $"no image {index}, expected 0..{Count - 1}");

    /// <summary>Checks that a model takes these images.</summary>
    /// <param name="model">The model's sizes.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: the shape or the grey levels differ.</exception>
    public void RequireFits(IModelOptions model)
    {
        if ((Height, Width, Channels, Bins) != (model.Height, model.Width, model.Channels, model.Bins))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{Name} has images of {Height}x{Width}x{Channels} in {Bins} grey levels, the model expects "
                + $"{model.Height}x{model.Width}x{model.Channels} "
                + (model.Bins is int bins ? $"in {bins}" : "of continuous values"));
        }
    }

    /// <inheritdoc/>
    public void Fill(ReadOnlySpan<int> indices, Span<byte> levels, Span<float> values)
    {
        int dims = Dims;
        for (int i = 0; i < indices.Length; i++)
        {
            _images.Read(indices[i], levels.Slice(i * dims, dims));
        }
    }

    /// <summary>True if every sample is below a number of grey levels, as integers that are levels already.</summary>
    /// <param name="bins">The number of levels.</param>
    internal bool AreLevelsOf(int bins) => !IsOfFractions
        && (bins >= Bins || Enumerable.Range(0, Count).All(index => !_images.Get(index).ContainsAnyInRange((byte)bins, byte.MaxValue)));

    /// <summary>The share of the samples that have the first or the last grey level; of many images a thousand are counted.</summary>
    internal double ExtremeShare()
    {
        const int Counted = 1000;
        int step = Math.Max(1, Count / Counted);
        long samples = 0;
        long extreme = 0;
        for (int i = 0; i < Count; i += step)
        {
            ReadOnlySpan<byte> image = _images.Get(i);
            samples += image.Length;
            extreme += image.Count((byte)0) + image.Count((byte)(Bins - 1));
        }

        return samples == 0 ? 0 : (double)extreme / samples;
    }

    /// <summary>The same images, whose samples are levels of another number of levels.</summary>
    /// <param name="bins">The number of levels, above every sample.</param>
    internal ImageDataset AsLevelsOf(int bins) => With(Height, Width, bins, _images, Labels);

    /// <summary>The same images with fewer grey levels: floor(v · bins / Bins).</summary>
    /// <param name="bins">New number of levels, 2..Bins.</param>
    /// <exception cref="FlowException"><paramref name="bins"/> is below 2 or above Bins.</exception>
    public ImageDataset Quantize(int bins)
    {
        if (bins < 2 || bins > Bins)
        {
            throw Invalid(Name, $"cannot quantize {Bins} levels to {bins}, expected 2..{Bins}");
        }

        if (bins == Bins)
        {
            return this;
        }

        byte[] levels = new byte[Bins];
        for (int v = 0; v < Bins; v++)
        {
            levels[v] = (byte)(v * bins / Bins);
        }

        return With(Height, Width, bins, _images.Transform(Dims, Quantize), Labels);

        void Quantize(ReadOnlySpan<byte> image, Span<byte> result)
        {
            for (int i = 0; i < image.Length; i++)
            {
                result[i] = levels[image[i]];
            }
        }
    }

    /// <summary>The same images centered in zeros; of an odd border the smaller half is top and left.</summary>
    /// <param name="height">New rows, at least Height.</param>
    /// <param name="width">New columns, at least Width.</param>
    /// <exception cref="FlowException">A new size is below the old one.</exception>
    public ImageDataset Pad(int height, int width)
    {
        if (height < Height || width < Width)
        {
            throw Invalid(
                Name, $"cannot pad {Height}x{Width} to {height}x{width}, expected at least {Height}x{Width}");
        }

        if (height == Height && width == Width)
        {
            return this;
        }

        int length = Image.CheckedLength(height, width, Channels);
        ImagePadding padding = new(Height, Width, Channels, height, width);
        return With(height, width, Bins, _images.Transform(length, (image, padded) => padding.Pad(image, padded, (byte)0)), Labels);
    }

    /// <summary>The same images cut to their middle: what <see cref="Pad"/> added goes away again.</summary>
    /// <param name="height">New rows, 1..Height.</param>
    /// <param name="width">New columns, 1..Width.</param>
    /// <exception cref="FlowException">A new size is not positive, or above the old one.</exception>
    public ImageDataset Crop(int height, int width)
    {
        if (height < 1 || height > Height || width < 1 || width > Width)
        {
            throw Invalid(Name, $"cannot crop {Height}x{Width} to {height}x{width}, expected at most {Height}x{Width}");
        }

        if (height == Height && width == Width)
        {
            return this;
        }

        ImagePadding padding = new(height, width, Channels, Height, Width);
        return With(height, width, Bins, _images.Transform(height * width * Channels, padding.Crop), Labels);
    }

    /// <summary>The first images.</summary>
    /// <param name="count">How many; all where there are fewer.</param>
    /// <exception cref="FlowException"><paramref name="count"/> is negative.</exception>
    public ImageDataset Take(int count) => count >= Count ? this
        : count < 0 ? throw Invalid(Name, $"cannot take {count} images, expected 0 or more")
        : With(Height, Width, Bins, _images.Select([.. Enumerable.Range(0, count)]), Labels?[..count]);

    IDataset IDataset.Take(int count) => Take(count);

    /// <summary>These images, then those of another set of the same shape and grey levels.</summary>
    /// <param name="other">The other set.</param>
    /// <exception cref="FlowException">Its images are of another shape, or of more grey levels.</exception>
    public ImageDataset Concat(ImageDataset other) => (other.Height, other.Width, other.Channels) == (Height, Width, Channels)
        && other.Bins <= Bins
        ? With(
            Height,
            Width,
            Bins,
            _images.Concat(other._images),
            Labels is null || other.Labels is null ? null : [.. Labels, .. other.Labels])
        : throw Invalid(
            other.Name,
            $"images of {other.Height}x{other.Width}x{other.Channels} in {other.Bins} grey levels, expected "
            + $"{Height}x{Width}x{Channels} in at most {Bins}");

    /// <summary>The images at some positions, in the order given; a position may come twice.</summary>
    /// <param name="indices">Positions, each 0..Count-1.</param>
    /// <exception cref="FlowException">A position is outside the data set.</exception>
    public ImageDataset Select(ReadOnlySpan<int> indices)
    {
        int[]? labels = Labels is null ? null : new int[indices.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            int index = indices[i];
            if ((uint)index >= (uint)Count)
            {
                throw Invalid(Name, $"no image {index}, expected 0..{Count - 1}");
            }

            labels?[i] = Labels![index];
        }

        return With(Height, Width, Bins, _images.Select(indices.ToArray()), labels);
    }

    /// <summary>The same images with other labels.</summary>
    /// <param name="labels">One an image.</param>
    /// <param name="names">What a label k is called; null where labels are numbers.</param>
    /// <param name="notes">What the reader of the labels passed over.</param>
    internal ImageDataset WithLabels(
        int[]? labels, IReadOnlyList<string>? names = null, IReadOnlyList<string>? notes = null) =>
        new(Name, Height, Width, Channels, Bins, _images, labels)
        {
            ClassNames = names,
            IsOfFractions = IsOfFractions,
            Notes = notes ?? Notes,
        };

    private ImageDataset With(int height, int width, int bins, ImageStore images, int[]? labels) =>
        new(Name, height, width, Channels, bins, images, labels)
        {
            ClassNames = ClassNames,
            IsOfFractions = IsOfFractions,
            Notes = Notes,
        };

    /// <summary>Mirrors an image left to right, in place.</summary>
    /// <param name="image">Of the shape of this set.</param>
    internal void Mirror(Span<byte> image)
    {
        int row = Width * Channels;
        for (int start = 0; start < image.Length; start += row)
        {
            Span<byte> line = image.Slice(start, row);
            line.Reverse();
            for (int pixel = 0; pixel < row; pixel += Channels)
            {
                line.Slice(pixel, Channels).Reverse();
            }
        }
    }

    private static FlowException Invalid(string name, string problem) =>
        new(FlowErrorKind.InvalidArgument, $"{name}: {problem}");
}
