namespace FlowEngine.Cli;

/// <summary>Numbers for JSON, which has no NaN and no infinity.</summary>
internal static class JsonNumber
{
    /// <summary>The number, or null where it is not finite.</summary>
    public static double? Finite(double? value) => value is double number && double.IsFinite(number) ? number : null;
}
