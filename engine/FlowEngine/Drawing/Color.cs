namespace FlowEngine.Drawing;

/// <summary>A color of 8-bit red, green and blue.</summary>
/// <param name="Red">0 to 255.</param>
/// <param name="Green">0 to 255.</param>
/// <param name="Blue">0 to 255.</param>
internal readonly record struct Color(byte Red, byte Green, byte Blue)
{
    private static readonly Color[] _scale =
        [new(68, 1, 84), new(59, 82, 139), new(33, 145, 140), new(94, 201, 98), new(253, 231, 37)];

    public static Color White => new(255, 255, 255);

    public static Color Ink => new(40, 40, 40);

    public static Color Frame => new(150, 150, 150);

    /// <summary>Dark violet to yellow, evenly brighter, also for readers who cannot tell red from green.</summary>
    /// <param name="part">0 to 1; what is outside counts as the end.</param>
    public static Color OfScale(double part)
    {
        double position = Math.Clamp(part, 0, 1) * (_scale.Length - 1);
        int below = Math.Min((int)position, _scale.Length - 2);
        return _scale[below].Mix(_scale[below + 1], position - below);
    }

    /// <summary>A color between this one and another.</summary>
    /// <param name="other">The other color.</param>
    /// <param name="part">How much of it, 0 to 1.</param>
    public Color Mix(Color other, double part)
    {
        return new Color(Channel(Red, other.Red), Channel(Green, other.Green), Channel(Blue, other.Blue));

        byte Channel(byte from, byte to) => (byte)Math.Round(from + part * (to - from));
    }
}
