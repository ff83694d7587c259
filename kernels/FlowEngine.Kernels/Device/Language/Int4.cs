namespace FlowEngine.Kernels.Device;

/// <summary>Four numbers that move and compute together; 16 bytes.</summary>
[DeviceType("i4")]
public struct Int4 : IEquatable<Int4>
{
    /// <summary>The first.</summary>
    public int X { get; set; }

    /// <summary>The second.</summary>
    public int Y { get; set; }

    /// <summary>The third.</summary>
    public int Z { get; set; }

    /// <summary>The fourth.</summary>
    public int W { get; set; }

    /// <summary>Four numbers.</summary>
    /// <param name="x">The first.</param>
    /// <param name="y">The second.</param>
    /// <param name="z">The third.</param>
    /// <param name="w">The fourth.</param>
    [Intrinsic("I4")]
    public Int4(int x, int y, int z, int w) => (X, Y, Z, W) = (x, y, z, w);

    /// <summary>The same number four times.</summary>
    /// <param name="value">The number.</param>
    [Intrinsic("I4_SPLAT")]
    public Int4(int value) => (X, Y, Z, W) = (value, value, value, value);

    /// <summary>Adds element by element.</summary>
    /// <param name="left">One operand.</param>
    /// <param name="right">The other.</param>
    public static Int4 operator +(Int4 left, Int4 right) =>
        new(left.X + right.X, left.Y + right.Y, left.Z + right.Z, left.W + right.W);

    /// <summary>Subtracts element by element.</summary>
    /// <param name="left">One operand.</param>
    /// <param name="right">The other.</param>
    public static Int4 operator -(Int4 left, Int4 right) =>
        new(left.X - right.X, left.Y - right.Y, left.Z - right.Z, left.W - right.W);

    /// <summary>Multiplies element by element.</summary>
    /// <param name="left">One operand.</param>
    /// <param name="right">The other.</param>
    public static Int4 operator *(Int4 left, Int4 right) =>
        new(left.X * right.X, left.Y * right.Y, left.Z * right.Z, left.W * right.W);

    /// <inheritdoc/>
    public readonly bool Equals(Int4 other) => X == other.X && Y == other.Y && Z == other.Z && W == other.W;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Int4 other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(X, Y, Z, W);

    /// <summary>Whether all four are equal. Not for kernels.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(Int4 left, Int4 right) => left.Equals(right);

    /// <summary>Whether a number differs. Not for kernels.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(Int4 left, Int4 right) => !left.Equals(right);
}
