namespace FlowEngine.Kernels.Device;

/// <summary>Two numbers that move and compute together; 8 bytes.</summary>
[DeviceType("f2")]
public struct Float2 : IEquatable<Float2>
{
    /// <summary>The first.</summary>
    public float X { get; set; }

    /// <summary>The second.</summary>
    public float Y { get; set; }

    /// <summary>Two numbers.</summary>
    /// <param name="x">The first.</param>
    /// <param name="y">The second.</param>
    [Intrinsic("F2")]
    public Float2(float x, float y) => (X, Y) = (x, y);

    /// <inheritdoc/>
    public readonly bool Equals(Float2 other) => X == other.X && Y == other.Y;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Float2 other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(X, Y);

    /// <summary>Whether both numbers are equal.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(Float2 left, Float2 right) => left.Equals(right);

    /// <summary>Whether a number differs.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(Float2 left, Float2 right) => !left.Equals(right);
}
