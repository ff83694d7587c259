namespace FlowEngine.Architecture;

/// <summary>Checks products of sizes and counts.</summary>
internal static class SizeCheck
{
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
