using System.Globalization;
using System.Text.Json.Nodes;

using FlowEngine.OnnxPeer;

if (args.Length != 8)
{
    Console.Error.WriteLine("usage: onnx-peer STEPS LEVELS HIDDEN SIZE CHANNELS BATCH THREADS SECONDS");
    return 2;
}

int[] sizes = [.. args[..7].Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
double seconds = double.Parse(args[7], CultureInfo.InvariantCulture);
using Comparison comparison = new(sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6]);
double difference = comparison.LargestDifference();
if (!(difference <= Comparison.Tolerance))
{
    Console.Error.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"log-probabilities differ by {difference:G3} of their size, expected {Comparison.Tolerance:G3} at most"));
    return 1;
}

(double engine, double runtime) = comparison.Measure(seconds);
Console.WriteLine(new JsonObject
{
    ["engine_s"] = engine,
    ["onnxruntime_s"] = runtime,
    ["largest_difference"] = difference,
    ["onnxruntime"] = Comparison.RuntimeVersion,
}.ToJsonString());
return 0;
