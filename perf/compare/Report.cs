using System.Text.Json;

namespace FlowEngine.Compare;

/// <summary>What one build measured, as files hold it: a JSON list of series.</summary>
/// <remarks>
/// <code>
/// [ { "benchmark": "small-store/train", "unit": "images/s", "higherIsBetter": true, "values": [101.5, 99.8] } ]
/// </code>
/// Value i of a series and value i of the other build's were measured one right after the other.
/// </remarks>
internal static class Report
{
    private static readonly JsonSerializerOptions _format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        WriteIndented = true,
    };

    /// <summary>Writes a report.</summary>
    public static void Write(string path, IReadOnlyList<Series> report) => OutputFile.Write(path, report, _format);

    /// <summary>Reads a report and checks every value.</summary>
    /// <exception cref="CompareException">The file is missing, malformed, or holds what cannot be compared.</exception>
    public static IReadOnlyList<Series> Read(string path)
    {
        List<Series>? report;
        try
        {
            report = JsonSerializer.Deserialize<List<Series>>(File.ReadAllText(path), _format);
        }
        catch (JsonException exception)
        {
            throw new CompareException(
                $"{path} is not a report: {exception.Message} Expected a list of "
                + "{benchmark, unit, higherIsBetter, values}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CompareException($"{path} cannot be read: {exception.Message}", exception);
        }

        if (report is not { Count: > 0 } || report.Contains(null!))
        {
            throw new CompareException($"{path} holds no benchmarks");
        }

        HashSet<string> names = [];
        foreach (Series series in report)
        {
            if (!names.Add(series.Benchmark))
            {
                throw new CompareException($"{path} holds {series.Benchmark} twice");
            }

            foreach (double value in series.Values)
            {
                RequirePositive($"{path}: {series.Benchmark}", value);
            }
        }

        return report;
    }

    /// <summary>Rates and times are positive; anything else has no ratio.</summary>
    /// <exception cref="CompareException">The value is not.</exception>
    public static void RequirePositive(string name, double value)
    {
        if (!(value > 0 && double.IsFinite(value)))
        {
            throw new CompareException(FormattableString.Invariant($"{name} is {value}, expected a positive number"));
        }
    }
}
