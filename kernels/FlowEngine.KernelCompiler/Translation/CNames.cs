using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;

namespace FlowEngine.KernelCompiler;

/// <summary>Names that C, OpenCL C and CUDA C++ all take, one for each local of a function.</summary>
internal sealed class CNames
{
    // Keywords of the three, the types of the preludes, and the built-in functions that the preludes call.
    private static readonly HashSet<string> _reserved = new(
        ("alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl complex const constexpr "
        + "const_cast consteval constinit continue co_await co_return co_yield decltype default delete do double "
        + "dynamic_cast else enum explicit export extern false float for friend goto half if imaginary inline int long "
        + "mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public quad register "
        + "reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast struct switch "
        + "template this thread_local throw true try typedef typeid typename typeof union unsigned using virtual void "
        + "volatile wchar_t while xor xor_eq "
        + "kernel global local constant generic pipe read_only write_only read_write uniform uchar ushort uint ulong "
        + "size_t ptrdiff_t intptr_t uintptr_t event_t sampler_t image1d_t image2d_t image3d_t "
        + "char2 char3 char4 uchar2 uchar3 uchar4 short2 short3 short4 ushort2 ushort3 ushort4 int2 int3 int4 uint2 uint3 "
        + "uint4 long2 long3 long4 ulong2 ulong3 ulong4 float2 float3 float4 float8 float16 double2 double3 double4 "
        + "int8 int16 uint8 uint16 char8 char16 uchar8 uchar16 short8 short16 ushort8 ushort16 long8 long16 ulong8 ulong16 "
        + "double8 double16 "
        + "threadIdx blockIdx blockDim gridDim warpSize "
        + "u8 u16 u32 u64 i8 i16 i32 i64 f2 f4 i4 linux unix "
        + "min max abs fabs floor sqrt fma exp log clamp select barrier mem_fence as_float as_int as_uint as_float4 "
        + "vload2 vload4 vstore2 vstore4 isnan isinf atomic_add atomic_cmpxchg atomic_min atomic_max atomic_xchg "
        + "get_local_id get_group_id get_global_id get_num_groups get_local_size dyn_smem warp_scr").Split(' '),
        StringComparer.Ordinal);

    private readonly Dictionary<ISymbol, string> _names = new(SymbolEqualityComparer.Default);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>The name of a local or a parameter.</summary>
    public string Of(ISymbol symbol)
    {
        if (!_names.TryGetValue(symbol, out string? name))
        {
            name = Safe(symbol.Name);

            // Names that C# keeps apart by scope may be the same; only an appended underscore can make a new clash.
            while (name != symbol.Name && !_taken.Add(name))
            {
                name += "_";
            }

            _taken.Add(name);
            _names[symbol] = name;
        }

        return name;
    }

    /// <summary>A name with an underscore appended if C has another use for it.</summary>
    public static string Safe(string name)
    {
        string ascii = Ascii(name);
        return _reserved.Contains(ascii) || IsMacro(ascii) || ascii.StartsWith("__", StringComparison.Ordinal)
            ? ascii + "_"
            : ascii;
    }

    /// <summary>A name without the letters that C does not have.</summary>
    public static string Ascii(string name)
    {
        if (name.All(c => c < 128))
        {
            return name;
        }

        var text = new StringBuilder();
        foreach (char c in name)
        {
            text.Append(c < 128 ? c.ToString() : "u" + ((int)c).ToString("X4", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private static bool IsMacro(string name) =>
        name.Length > 1 && name.Any(char.IsLetter) && name.All(c => c is >= 'A' and <= 'Z' or >= '0' and <= '9' or '_');
}
