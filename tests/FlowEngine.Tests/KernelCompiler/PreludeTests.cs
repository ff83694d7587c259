using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;

using FlowEngine.Kernels.Device;

using Xunit;

namespace FlowEngine.Tests.KernelCompiler;

public sealed partial class PreludeTests
{
    private const string CudaOptions =
        "-x cuda --cuda-device-only -nocudainc -nocudalib -nostdinc -S -O3 --cuda-gpu-arch=sm_80 --cuda-feature=+ptx75 "
        + "-ffp-contract=off -fwrapv -Wall -Wextra -Wdouble-promotion -Werror -mllvm -disable-vector-combine - -o -";

    private const string OpenClOptions =
        "-x cl -cl-std=CL1.2 -Xclang -finclude-default-header -fsyntax-only -target spir64-unknown-unknown "
        + "-Wall -Wextra -Wdouble-promotion -Werror -";

    [Fact]
    public void The_body_has_every_intrinsic()
    {
        string body = Body();
        string[] names =
        [
            .. typeof(Grid).Assembly.GetTypes()
                .SelectMany(type => type.GetMembers(
                    BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly))
                .Select(member => member.GetCustomAttribute<IntrinsicAttribute>()?.Name)
                .OfType<string>()
                .Distinct()
                .Where(name => !Regex.IsMatch(body, $@"\b{name}\b")),
        ];
        Assert.Empty(names);
    }

    [Fact]
    public void The_body_is_sound_CUDA_C()
    {
        (int code, string ptx, string messages) = Compile(CudaOptions, Prelude("cuda.h") + Body());
        Assert.True(code == 0, messages);
        ptx = $"// flowengine-sha256: {new string('0', 64)}\n{ptx}";
        IReadOnlyDictionary<string, PtxCounts> expected = PtxCounts.Parse(
            """
            # kernel         mma ldmatrix cp.async ld.global.v4 st.global.v4 ld.shared.v4
            Every_Math         0        0        0            0            0            0
            Every_Whole        0        0        0            0            0            0
            Every_Vector       0        0        0            2            2            2
            Every_Warp         0        0        0            0            0            0
            Every_Atomic       0        0        0            0            0            0
            Every_LoadMatrix   0        4        8            0            0            0
            Every_LoadWords    0        2        0            0            0            0
            Every_Multiply     2        0        0            0            0            0
            Every_Types        0        0        0            0            0            0
            """);
        Assert.Empty(PtxLint.Faults(ptx, expected));
        Assert.Equal(expected.Count, PtxLint.Kernels(ptx).Count);
        Assert.Contains(".extern .shared .align 128 .b8 dyn_smem[];", ptx, StringComparison.Ordinal);
    }

    [Fact]
    public void The_body_is_sound_OpenCL_C()
    {
        (int code, _, string messages) = Compile(OpenClOptions, Prelude("opencl.h") + Body());
        Assert.True(code == 0, messages);
    }

    // On a GPU they cannot be tried here: what was tried as OpenCL C holds for CUDA C while the text is the same.
    [Fact]
    public void The_elementary_functions_are_the_same_text_in_both()
    {
        string cuda = Elementary().Match(Prelude("cuda.h")).Value;
        Assert.Contains("LOG_SIGMOID_F32", cuda, StringComparison.Ordinal);
        Assert.Equal(cuda, Elementary().Match(Prelude("opencl.h")).Value);
    }

    private static string Prelude(string name) =>
        File.ReadAllText(ProjectFolder.Path("kernels", "FlowEngine.KernelCompiler", "Preludes", name));

    private static string Body() =>
        File.ReadAllText(
            ProjectFolder.Path("tests", "FlowEngine.Tests", "KernelCompiler", "Preludes", "EveryIntrinsic.c"));

    private static (int Code, string Output, string Messages) Compile(string options, string source)
    {
        ProcessStartInfo start = new("clang-19", options)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process clang;
        try
        {
            clang = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("no clang-19 on this machine");
            throw;
        }

        using (clang)
        {
            Task<string> output = clang.StandardOutput.ReadToEndAsync();
            Task<string> messages = clang.StandardError.ReadToEndAsync();
            clang.StandardInput.Write(source);
            clang.StandardInput.Close();
            clang.WaitForExit();
            return (clang.ExitCode, output.Result, messages.Result);
        }
    }

    [GeneratedRegex(@"(?ms)^DEV float MIN_F32.*?^DEV float LOG_SIGMOID_F32.*?^\}$")]
    private static partial Regex Elementary();
}
