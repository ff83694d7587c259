namespace FlowEngine.Checkpoints;

/// <summary>Formats that people take for safetensors files, by their first bytes.</summary>
internal static class ForeignFormat
{
    private const string Pickle = "save its state dict by safetensors.torch.save_file";

    /// <summary>What a file is, and what to do; null where that is not known.</summary>
    /// <param name="start">Its first eight bytes.</param>
    public static string? NameOf(ReadOnlySpan<byte> start) => start switch
    {
        [(byte)'P', (byte)'K', 3, 4, ..] => $"a zip archive, as PyTorch's .pt (then {Pickle}) or NumPy's .npz",
        [0x80, >= 2 and <= 5, ..] => $"a pickle, as PyTorch's older .pt: {Pickle}",
        [0x89, (byte)'H', (byte)'D', (byte)'F', ..] => "an HDF5 file",
        [0x93, (byte)'N', (byte)'U', (byte)'M', ..] => "a NumPy array",
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => "a PNG picture",
        [0x1f, 0x8b, ..] => "a gzip file: unpack it",
        [(byte)'{', ..] => "JSON text, as a run's config.json",
        _ => null,
    };
}
