using System.Diagnostics;
using System.Text;
using FlowEngine.KernelCompiler;
using FlowEngine.Kernels.Gpu;
using Xunit;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>The C text of this project's kernels, as clang reads it behind both preludes.</summary>
public sealed class ClangTests
{
    private const string Warnings = "-Wall -Werror -Wdouble-promotion -ffp-contract=off";

    private const string Cuda = "-x cuda --cuda-device-only -nocudainc -nocudalib -nostdinc -S -O3 --cuda-gpu-arch=sm_80"
        + " --cuda-feature=+ptx75 -fwrapv " + Warnings;

    private const string OpenCl = "-x cl -cl-std=CL1.2 -Xclang -finclude-default-header -fsyntax-only"
        + " -target spir64-unknown-unknown " + Warnings;

    private static readonly KernelModule[] _modules =
    [
        ElementwiseKernels.Module, ReductionKernels.Module, IntegerKernels.Module, ControlFlowKernels.Module,
        TensorKernels.Module, VariantKernels.Module,
    ];

    [Theory]
    [InlineData("cuda.h", Cuda)]
    [InlineData("opencl.h", OpenCl)]
    public void Every_kernel_compiles_without_a_warning(string prelude, string options)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/clang-19"), "clang-19 is not installed");
        byte[] head = CudaHash.Resource(prelude);
        Assert.SkipUnless(head.Length > 1000, $"{prelude} is not written yet");
        foreach (KernelModule module in _modules)
        {
            string text = Encoding.UTF8.GetString(head) + Encoding.UTF8.GetString(module.Source);
            (int code, string errors) = Run($"{options} -o /dev/null -", text);
            Assert.True(code == 0 && errors.Length == 0, $"{module.Name} with {prelude}:\n{errors}");
        }
    }

    private static (int Code, string Errors) Run(string options, string input)
    {
        using Process clang = Process.Start(new ProcessStartInfo("clang-19", options)
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        clang.StandardInput.Write(input);
        clang.StandardInput.Close();
        string errors = clang.StandardError.ReadToEnd();
        clang.WaitForExit();
        return (clang.ExitCode, errors);
    }
}
