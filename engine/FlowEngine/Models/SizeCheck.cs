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
}
