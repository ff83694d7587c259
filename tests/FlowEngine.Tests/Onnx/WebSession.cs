using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

using FlowEngine.Tests.Data;
using FlowEngine.Tests.KernelCompiler;

using Xunit;

namespace FlowEngine.Tests.Onnx;

/// <summary>Runs files in onnxruntime-web under Node.</summary>
internal static class WebSession
{
    /// <summary>What one process gives for many cases; a test where onnxruntime-web is not installed is skipped.</summary>
    public static float[][][] Run(IReadOnlyList<OnnxCase> cases)
    {
        // test.sh installs it there.
        string modules = ProjectFolder.Path("artifacts", "onnxruntime-web");
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(modules, "node_modules", "onnxruntime-web")),
            $"onnxruntime-web is not in {modules}: test.sh installs it where Node is");
        using TestFolder folder = new();
        folder.Write("cases.json", JsonSerializer.SerializeToUtf8Bytes(cases.Select((one, i) => new
        {
            file = $"{i}.onnx",
            inputs = one.Inputs.Zip(one.Signature.Inputs, (values, tensor) => new
            {
                name = tensor.Name,
                sizes = OnnxSession.Shape(values.Length, tensor.Sizes),
                data = Convert.ToBase64String(MemoryMarshal.AsBytes<float>(values)),
            }),
            outputs = one.Signature.Outputs.Select(tensor => tensor.Name),
        })));
        for (int i = 0; i < cases.Count; i++)
        {
            folder.Write($"{i}.onnx", cases[i].File);
        }

        ProcessStartInfo start = new(
            "node", [ProjectFolder.Path("tests", "FlowEngine.Tests", "Onnx", "onnx-web.mjs"), modules, folder.Root])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process node = Process.Start(start)!;
        Task<string> error = node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        Assert.True(node.ExitCode == 0, error.Result);
        return JsonSerializer.Deserialize<string[][]>(output)!
            .Select(one => one.Select(text => MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(text)).ToArray()).ToArray())
            .ToArray();
    }
}
