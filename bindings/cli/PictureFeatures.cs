using System.Diagnostics.CodeAnalysis;

using FlowEngine.Anomalies;
using FlowEngine.Checkpoints;
using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary>Makes rows of pictures for a detector: what a network gives of them, as a mean or at each position.</summary>
internal sealed class PictureFeatures : IDisposable
{
    private readonly string _path;
    private readonly byte[] _file;
    private readonly OnnxNetwork _network;
    private readonly IImageDecoder _decoder;
    private string[] _columns = [];

    private PictureFeatures(
        string path, byte[] file, OnnxNetwork network, IImageDecoder decoder, PictureNetwork settings) =>
        (_path, _file, _network, _decoder, Settings) = (path, file, network, decoder, settings);

    /// <summary>What a checkpoint keeps of the network.</summary>
    public PictureNetwork Settings { get; }

    /// <summary>Rows and columns of the positions; 1 and 1 where a picture is one row. Known from the first picture on.</summary>
    public (int Rows, int Columns) Positions { get; private set; }

    /// <summary>Opens the network of a new detector.</summary>
    /// <param name="path">The file.</param>
    /// <param name="decoder">What resizes pictures.</param>
    /// <param name="output">The output that has the features; null for the only one.</param>
    /// <param name="size">Rows and columns of its pictures, where the network takes any; null where it does not.</param>
    /// <param name="mean">What is taken off red, green and blue of 0 to 1.</param>
    /// <param name="deviation">What they are then divided by.</param>
    /// <param name="isByPosition">Whether each position is a row.</param>
    /// <exception cref="FlowException">The network is not one of pictures, or what is asked does not fit it.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "The features that are returned own the network.")]
    public static PictureFeatures Open(
        string path, IImageDecoder decoder, string? output, int? size, float[] mean, float[] deviation, bool isByPosition)
    {
        byte[] file = DataFile.ReadAllBytes(path);
        OnnxNetwork network = new(path, file);
        try
        {
            if (output is null ? network.Outputs.Count != 1 : !network.Outputs.Contains(output))
            {
                throw Invalid(
                    $"{path}: has the outputs {string.Join(", ", network.Outputs)}, expected the name of one in --output"
                    + (output is null ? string.Empty : $", which is {output}"));
            }

            int height = Fitting(path, "rows", network.Height, size);
            int width = Fitting(path, "columns", network.Width, size);
            return new PictureFeatures(path, file, network, decoder, new PictureNetwork(
                Digest(file), output ?? network.Outputs[0], height, width, mean, deviation, isByPosition));
        }
        catch (FlowException)
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Opens the network of a detector that is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="decoder">What resizes pictures.</param>
    /// <param name="settings">What the detector knows of it.</param>
    /// <exception cref="FlowException">It is another network.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "The features that are returned own the network.")]
    public static PictureFeatures Open(string path, IImageDecoder decoder, PictureNetwork settings)
    {
        byte[] file = DataFile.ReadAllBytes(path);
        string digest = Digest(file);
        return digest == settings.Sha256
            ? new PictureFeatures(path, file, new OnnxNetwork(path, file), decoder, settings)
            : throw Invalid(
                $"{path}: is another network than the one the detector was fitted with: its SHA-256 is {digest[..12]}..., expected "
                + $"{settings.Sha256[..12]}...");
    }

    /// <summary>Where a run keeps a copy of its network, so that it can be moved.</summary>
    /// <param name="checkpoint">The checkpoint of the run.</param>
    public static string PathInRun(string checkpoint) =>
        Path.Combine(Path.GetDirectoryName(checkpoint) ?? string.Empty, "network.onnx");

    /// <summary>Writes a copy of the network.</summary>
    /// <param name="path">The file.</param>
    public void Save(string path) => DataFile.WriteAllBytes(path, _file);

    /// <summary>The rows of a picture, position by position.</summary>
    /// <param name="picture">Of three channels.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="FlowException">The output has no features, or one of them is not finite.</exception>
    public TableDataset Rows(Image picture, string name)
    {
        (float[] values, long[] sizes) = _network.Run(Input(picture), Settings.Height, Settings.Width, Settings.Output);
        if (sizes is not ([1, > 0] or [1, > 0, > 0, > 0]))
        {
            throw Invalid(
                $"{_path}: its output {Settings.Output} is of ({string.Join(", ", sizes)}) for one picture, expected features of "
                + "(1, C), or at positions of (1, C, rows, columns)");
        }

        int channels = (int)sizes[1];
        int positions = values.Length / channels;
        if (Settings.IsByPosition && positions == 1)
        {
            throw Invalid(
                $"{_path}: its output {Settings.Output} is of ({string.Join(", ", sizes)}), without positions, expected (1, C, rows, "
                + "columns) for --positions");
        }

        if (_columns.Length != channels)
        {
            _columns = [.. Enumerable.Range(0, channels).Select(c => $"feature {c}")];
            Positions = Settings.IsByPosition ? ((int)sizes[2], (int)sizes[3]) : (1, 1);
        }

        int count = Settings.IsByPosition ? positions : 1;
        TableRows rows = new(channels, count);
        for (int p = 0; p < count; p++)
        {
            Span<double> row = rows.Add();
            for (int c = 0; c < channels; c++)
            {
                row[c] = Settings.IsByPosition ? values[(c * positions) + p] : Mean(values.AsSpan(c * positions, positions));
            }
        }

        return new TableDataset(name, _columns, rows);
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();

    /// <summary>A picture as the network takes it, (1, 3, height, width).</summary>
    private float[] Input(Image picture)
    {
        (int height, int width) = (Settings.Height, Settings.Width);
        Image resized = (picture.Height, picture.Width) == (height, width) ? picture : _decoder.Resize(picture, height, width);
        float[] input = new float[resized.Pixels.Length];
        for (int c = 0; c < 3; c++)
        {
            for (int p = 0; p < height * width; p++)
            {
                input[(c * height * width) + p] = ((resized.Pixels[(3 * p) + c] / 255f) - Settings.Mean[c]) / Settings.Deviation[c];
            }
        }

        return input;
    }

    private static double Mean(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    private static int Fitting(string path, string what, int? own, int? size)
    {
        int side = own ?? size ?? throw Invalid(
            $"{path}: takes pictures of any number of {what}, expected --size N, what it was trained with (often 224)");
        return size is not null && size != side ? throw Invalid($"--size is {size}, and {path} takes pictures of {side} {what}")
            : side is > 0 and <= PictureNetwork.LargestSide ? side
            : throw Invalid($"{path}: pictures of {side} {what} are asked for, expected 1 to {PictureNetwork.LargestSide}");
    }

    private static string Digest(byte[] file)
    {
        Sha256 hash = new();
        hash.Append(file);
        return hash.Finish();
    }

    private static FlowException Invalid(string message) => new(FlowErrorKind.InvalidArgument, message);
}
