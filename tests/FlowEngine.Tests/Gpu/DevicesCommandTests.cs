using System.Diagnostics;
using System.Text.Json.Nodes;
using FlowEngine.Cli;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Tests.Cli;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary><c>flow devices</c> and the list it prints.</summary>
public sealed class DevicesCommandTests
{
    [Fact]
    public void The_emulator_is_always_there_and_last()
    {
        GpuDrivers drivers = new("/nowhere/libcuda.so", "/nowhere/libOpenCL.so");
        Assert.Equal(["emulator"], drivers.Devices.Select(device => device.Selector));
        Assert.Equal(
            [
                "no CUDA driver: /nowhere/libcuda.so was not found",
                "no OpenCL driver: /nowhere/libOpenCL.so was not found",
            ],
            drivers.Missing);
        using GpuDevice device = drivers.Open("emulator");
        Assert.Equal("emulator", device.Info.Selector);
        Assert.Equal("emulator", GpuDevices.List()[^1].Selector);
    }

    [Theory]
    [InlineData("cuda:0")]
    [InlineData("opencl:12345")]
    [InlineData("gpu")]
    [InlineData("")]
    public void A_device_that_is_not_there_is_an_error_of_one_line_that_says_what_is(string selector)
    {
        GpuDrivers drivers = new("/nowhere/libcuda.so", null);
        GpuException error = Assert.Throws<GpuException>(() => drivers.Open(selector));
        Assert.Equal(GpuErrorKind.NoDevice, error.Kind);
        Assert.StartsWith($"there is no device {selector}; expected ", error.Message, StringComparison.Ordinal);
        Assert.Contains("emulator; no CUDA driver: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void The_table_has_a_line_for_each_device()
    {
        string output = CommandRun.Succeed("devices");
        Assert.Matches(@"(?m)^\W*cpu\W.*-bit vectors", output);
        Assert.All(
            GpuDevices.List(), device => Assert.Contains(device.Selector, output, StringComparison.Ordinal));
        Assert.All(GpuDevices.Missing(), reason => Assert.Contains(reason, output, StringComparison.Ordinal));
    }

    [Fact]
    public void Json_lists_the_devices_and_what_is_missing()
    {
        JsonNode report = JsonNode.Parse(Run(("FLOWENGINE_OPENCL_LIBRARY", "/nowhere/libOpenCL.so"),
            ("FLOWENGINE_CUDA_LIBRARY", FakeCuda.Path), ("FAKE_CUDA_DEVICES", "2")))!;
        JsonArray devices = report["devices"]!.AsArray();
        Assert.Equal(["cuda:0", "cuda:1", "emulator"], devices.Select(device => (string)device!["selector"]!));
        Assert.Equal("cuda", (string)devices[1]!["runner"]!);
        Assert.Equal("stand-in 1", (string)devices[1]!["name"]!);
        Assert.Equal(1 << 30, (long)devices[1]!["memory_bytes"]!);
        Assert.Equal(
            ["no OpenCL driver: /nowhere/libOpenCL.so was not found"],
            report["missing"]!.AsArray().Select(reason => (string)reason!));
    }

    [Theory]
    [InlineData("FAKE_CUDA_DEVICES", "0", "no CUDA device: the driver lists none")]
    [InlineData("FAKE_CUDA_VERSION", "11020", "the CUDA driver is too old: it supports CUDA 11.2, expected 11.5")]
    [InlineData("FAKE_CUDA_CAPABILITY", "7", "cuda:0: compute capability 7.0 is too old, expected 8.0 (Ampere)")]
    [InlineData("FAKE_CUDA_FAIL", "cuInit:100", "cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected")]
    public void What_is_missing_is_said(string variable, string value, string says)
    {
        string output = Run(("FLOWENGINE_OPENCL_LIBRARY", "/nowhere/libOpenCL.so"),
            ("FLOWENGINE_CUDA_LIBRARY", FakeCuda.Path), (variable, value));
        JsonNode report = JsonNode.Parse(output)!;
        Assert.Equal(says, (string)report["missing"]![0]!);
        Assert.Equal("emulator", (string)report["devices"]![0]!["selector"]!);
    }

    // In a process of its own: the drivers are looked up once for each.
    private static string Run(params (string Name, string Value)[] variables)
    {
        ProcessStartInfo start = new(
            "dotnet", ["exec", typeof(FlowCommand).Assembly.Location, "devices", "--json"])
        {
            RedirectStandardOutput = true,
        };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
