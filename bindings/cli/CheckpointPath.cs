using FlowEngine.Checkpoints;

namespace FlowEngine.Cli;

/// <summary>Where a checkpoint lies: the path of the file, or a run folder that holds it.</summary>
internal static class CheckpointPath
{
    /// <summary>The file of the model.</summary>
    public static string Resolve(string path) => CheckpointFile.Resolve(path);

    /// <summary>The file of the training state beside it.</summary>
    public static string StateBeside(string checkpoint) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(checkpoint)) ?? ".", "training.safetensors");
}
