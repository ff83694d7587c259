namespace FlowEngine.Kernels.Device;

/// <summary>Four numbers that move and compute together; 16 bytes.</summary>
[DeviceType("f4")]
public struct Float4 : IEquatable<Float4>
{
    /// <summary>The first.</summary>
    public float X { get; set; }

    /// <summary>The second.</summary>
    public float Y { get; set; }

    /// <summary>The third.</summary>
    public float Z { get; set; }

    /// <summary>The fourth.</summary>
    public float W { get; set; }

    /// <summary>Four numbers.</summary>
    /// <param name="x">The first.</param>
    /// <param name="y">The second.</param>
    /// <param name="z">The third.</param>
    /// <param name="w">The fourth.</param>
    [Intrinsic("F4")]
    public Float4(float x, float y, float z, float w) => (X, Y, Z, W) = (x, y, z, w);

    /// <summary>The same number four times.</summary>
    /// <param name="value">The number.</param>
    [Intrinsic("F4_SPLAT")]
    public Float4(float value) => (X, Y, Z, W) = (value, value, value, value);

    /// <summary>Adds element by element.</summary>
    /// <param name="left">One operand.</param>
    /// <param name="right">The other.</param>
    public static Float4 operator +(Float4 left, Float4 right) =>
        new(left.X + right.X, left.Y + right.Y, left.Z + right.Z, left.W + right.W);

    /// <summary>Subtracts element by element.</summary>
    /// <param name="left">One operand.</param>
    /// <param name="right">The other.</param>
    public static Float4 operator -(Float4 left, Float4 right) =>
        new(left.X - right.X, left.Y - right.Y, left.Z - right.Z, left.W - right.W);

    /// <summary>Multiplies element by element.</summary>
    /// <param name="left">One operand.</param>
    /// <param name="right">The other.</param>
    public static Float4 operator *(Float4 left, Float4 right) =>
        new(left.X * right.X, left.Y * right.Y, left.Z * right.Z, left.W * right.W);

    /// <summary>Divides element by element.</summary>
    /// <param name="left">One operand.</param>
    /// <param name="right">The other.</param>
    public static Float4 operator /(Float4 left, Float4 right) =>
        new(left.X / right.X, left.Y / right.Y, left.Z / right.Z, left.W / right.W);

    /// <inheritdoc/>
    public readonly bool Equals(Float4 other) => X == other.X && Y == other.Y && Z == other.Z && W == other.W;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Float4 other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(X, Y, Z, W);

    /// <summary>Whether all four are equal. Not for kernels.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(Float4 left, Float4 right) => left.Equals(right);

    /// <summary>Whether a number differs. Not for kernels.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(Float4 left, Float4 right) => !left.Equals(right);
}
