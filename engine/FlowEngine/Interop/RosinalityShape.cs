namespace FlowEngine.Interop;

/// <summary>The sizes of a model of rosinality/glow-pytorch, as its tensors tell them.</summary>
/// <param name="Channels">Channels of the image (3 for color).</param>
/// <param name="Levels">Levels; each begins with a squeeze and all but the last end with a split.</param>
/// <param name="Steps">Steps of each level.</param>
/// <param name="Hidden">Hidden channels of the coupling networks.</param>
/// <param name="Affine">True for affine couplings, false for additive ones.</param>
public sealed record RosinalityShape(int Channels, int Levels, int Steps, int Hidden, bool Affine)
{
    /// <summary>Channels of the steps of a level: four times the image's, doubled from level to level.</summary>
    internal long StepChannels(int level) => 4L * Channels << level;
}
