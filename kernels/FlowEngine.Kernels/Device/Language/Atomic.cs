using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Device;

/// <summary>Changes of one element that no other thread can come between. Their order is not fixed.</summary>
public static class Atomic
{
    /// <summary>Adds a value. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_ADD_I32_G", Varying = true)]
    public static int Add(
        GlobalView<int> view,
        long index,
        int value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<int>(index * sizeof(int), old => old + value, new SourceLine(file, line));

    /// <summary>Adds a value. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_ADD_I32_L", Varying = true)]
    public static int Add(
        SharedView<int> view,
        long index,
        int value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<int>(index * sizeof(int), old => old + value, new SourceLine(file, line));

    /// <summary>Adds a value. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_ADD_U32_G", Varying = true)]
    public static uint Add(
        GlobalView<uint> view,
        long index,
        uint value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<uint>(index * sizeof(uint), old => old + value, new SourceLine(file, line));

    /// <summary>Adds a value. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_ADD_U32_L", Varying = true)]
    public static uint Add(
        SharedView<uint> view,
        long index,
        uint value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<uint>(index * sizeof(uint), old => old + value, new SourceLine(file, line));

    /// <summary>Keeps the lesser of the element and a value. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_MIN_I32_G", Varying = true)]
    public static int Min(
        GlobalView<int> view,
        long index,
        int value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<int>(index * sizeof(int), old => value < old ? value : old, new SourceLine(file, line));

    /// <summary>Keeps the lesser of the element and a value. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_MIN_I32_L", Varying = true)]
    public static int Min(
        SharedView<int> view,
        long index,
        int value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<int>(index * sizeof(int), old => value < old ? value : old, new SourceLine(file, line));

    /// <summary>Keeps the lesser of the element and a value. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_MIN_U32_G", Varying = true)]
    public static uint Min(
        GlobalView<uint> view,
        long index,
        uint value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<uint>(index * sizeof(uint), old => value < old ? value : old, new SourceLine(file, line));

    /// <summary>Keeps the lesser of the element and a value. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_MIN_U32_L", Varying = true)]
    public static uint Min(
        SharedView<uint> view,
        long index,
        uint value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<uint>(index * sizeof(uint), old => value < old ? value : old, new SourceLine(file, line));

    /// <summary>Keeps the greater of the element and a value. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_MAX_I32_G", Varying = true)]
    public static int Max(
        GlobalView<int> view,
        long index,
        int value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<int>(index * sizeof(int), old => value > old ? value : old, new SourceLine(file, line));

    /// <summary>Keeps the greater of the element and a value. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_MAX_I32_L", Varying = true)]
    public static int Max(
        SharedView<int> view,
        long index,
        int value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<int>(index * sizeof(int), old => value > old ? value : old, new SourceLine(file, line));

    /// <summary>Keeps the greater of the element and a value. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_MAX_U32_G", Varying = true)]
    public static uint Max(
        GlobalView<uint> view,
        long index,
        uint value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<uint>(index * sizeof(uint), old => value > old ? value : old, new SourceLine(file, line));

    /// <summary>Keeps the greater of the element and a value. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_MAX_U32_L", Varying = true)]
    public static uint Max(
        SharedView<uint> view,
        long index,
        uint value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<uint>(index * sizeof(uint), old => value > old ? value : old, new SourceLine(file, line));

    /// <summary>Adds a value; sums of the same values in another order differ in the last bits.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_ADD_F32_G")]
    public static void Add(
        GlobalView<float> view,
        long index,
        float value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<float>(index * sizeof(float), old => old + value, new SourceLine(file, line));

    /// <summary>Adds a value; sums of the same values in another order differ in the last bits.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="value">The value.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_ADD_F32_L")]
    public static void Add(
        SharedView<float> view,
        long index,
        float value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<float>(index * sizeof(float), old => old + value, new SourceLine(file, line));

    /// <summary>Replaces the element if it equals the comparand. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="comparand">What the element must be.</param>
    /// <param name="value">What it becomes.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_CAS_I32_G", Varying = true)]
    public static int CompareExchange(
        GlobalView<int> view,
        long index,
        int comparand,
        int value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<int>(
            index * sizeof(int), old => old == comparand ? value : old, new SourceLine(file, line));

    /// <summary>Replaces the element if it equals the comparand. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="comparand">What the element must be.</param>
    /// <param name="value">What it becomes.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_CAS_I32_L", Varying = true)]
    public static int CompareExchange(
        SharedView<int> view,
        long index,
        int comparand,
        int value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<int>(
            index * sizeof(int), old => old == comparand ? value : old, new SourceLine(file, line));

    /// <summary>Replaces the element if it equals the comparand. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="comparand">What the element must be.</param>
    /// <param name="value">What it becomes.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_CAS_U32_G", Varying = true)]
    public static uint CompareExchange(
        GlobalView<uint> view,
        long index,
        uint comparand,
        uint value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<uint>(
            index * sizeof(uint), old => old == comparand ? value : old, new SourceLine(file, line));

    /// <summary>Replaces the element if it equals the comparand. Returns the element before.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The element.</param>
    /// <param name="comparand">What the element must be.</param>
    /// <param name="value">What it becomes.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("ATOMIC_CAS_U32_L", Varying = true)]
    public static uint CompareExchange(
        SharedView<uint> view,
        long index,
        uint comparand,
        uint value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.Exchange<uint>(
            index * sizeof(uint), old => old == comparand ? value : old, new SourceLine(file, line));
}
