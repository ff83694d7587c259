namespace FlowEngine.Models;

/// <summary>The range of one size of a model.</summary>
internal static class SizeCheck
{
    /// <summary>Refuses a size out of its range.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="value">The size.</param>
    /// <param name="smallest">The smallest it may be.</param>
    /// <param name="largest">The largest.</param>
    /// <exception cref="FlowException">It is out of range.</exception>
    public static void Require(string name, int value, int smallest, int largest)
    {
        if (value < smallest || value > largest)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{name} is {value}, expected {smallest} to {largest}");
        }
    }

    /// <summary>The length of an array of so many rows.</summary>
    /// <param name="what">What is in it.</param>
    /// <param name="count">Rows.</param>
    /// <param name="width">Elements of a row.</param>
    /// <exception cref="FlowException">No array is so long.</exception>
    public static int ArrayLength(string what, long count, int width) => count <= Array.MaxLength / Math.Max(1, width)
        ? (int)count * width
        : throw new FlowException(
            FlowErrorKind.InvalidArgument,
            $"{what} are more than one array holds, {Array.MaxLength}: ask for fewer at a time");
}
