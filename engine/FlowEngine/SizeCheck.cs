namespace FlowEngine;

/// <summary>Checks products of sizes and counts.</summary>
internal static class SizeCheck
{
    /// <summary>The number of elements of a shape.</summary>
    /// <param name="what">What has it.</param>
    /// <param name="shape">Sizes, none negative.</param>
    /// <exception cref="FlowException">There are 2^31 or more.</exception>
    public static int Product(string what, ReadOnlySpan<int> shape)
    {
        long product = 1;
        foreach (int size in shape)
        {
            product *= size;
            if (product > int.MaxValue)
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"{what} of {string.Join("x", shape.ToArray())} values is too large: expected less than 2^31");
            }
        }

        return (int)product;
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
