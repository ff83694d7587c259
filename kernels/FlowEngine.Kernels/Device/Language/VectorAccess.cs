using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Device;

/// <summary>
/// Reads and writes several neighboring elements as one access. The first must be aligned to the whole size.
/// </summary>
public static class VectorAccess
{
    /// <summary>Reads 4 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_F4_G", Varying = true)]
    public static Float4 Load4(
        this ReadOnlyGlobalView<float> view,
        long index,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.ReadAligned<Float4>(index * sizeof(float), new SourceLine(file, line));

    /// <summary>Reads 4 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_F4_G", Varying = true)]
    public static Float4 Load4(
        this GlobalView<float> view,
        long index,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.ReadAligned<Float4>(index * sizeof(float), new SourceLine(file, line));

    /// <summary>Reads 4 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_F4_L", Varying = true)]
    public static Float4 Load4(
        this SharedView<float> view,
        long index,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.ReadAligned<Float4>(index * sizeof(float), new SourceLine(file, line));

    /// <summary>Writes 4 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="value">What to write.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("STORE_F4_G")]
    public static void Store4(
        this GlobalView<float> view,
        long index,
        Float4 value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.WriteAligned(index * sizeof(float), value, new SourceLine(file, line));

    /// <summary>Writes 4 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="value">What to write.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("STORE_F4_L")]
    public static void Store4(
        this SharedView<float> view,
        long index,
        Float4 value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.WriteAligned(index * sizeof(float), value, new SourceLine(file, line));

    /// <summary>Reads 2 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_F2_G", Varying = true)]
    public static Float2 Load2(
        this ReadOnlyGlobalView<float> view,
        long index,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.ReadAligned<Float2>(index * sizeof(float), new SourceLine(file, line));

    /// <summary>Reads 2 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_F2_G", Varying = true)]
    public static Float2 Load2(
        this GlobalView<float> view,
        long index,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.ReadAligned<Float2>(index * sizeof(float), new SourceLine(file, line));

    /// <summary>Reads 2 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_F2_L", Varying = true)]
    public static Float2 Load2(
        this SharedView<float> view,
        long index,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.ReadAligned<Float2>(index * sizeof(float), new SourceLine(file, line));

    /// <summary>Writes 2 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="value">What to write.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("STORE_F2_G")]
    public static void Store2(
        this GlobalView<float> view,
        long index,
        Float2 value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.WriteAligned(index * sizeof(float), value, new SourceLine(file, line));

    /// <summary>Writes 2 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="value">What to write.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("STORE_F2_L")]
    public static void Store2(
        this SharedView<float> view,
        long index,
        Float2 value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.WriteAligned(index * sizeof(float), value, new SourceLine(file, line));

    /// <summary>Reads 4 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_I4_G", Varying = true)]
    public static Int4 Load4(
        this ReadOnlyGlobalView<int> view,
        long index,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.ReadAligned<Int4>(index * sizeof(int), new SourceLine(file, line));

    /// <summary>Reads 4 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_I4_G", Varying = true)]
    public static Int4 Load4(
        this GlobalView<int> view,
        long index,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.ReadAligned<Int4>(index * sizeof(int), new SourceLine(file, line));

    /// <summary>Reads 4 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_I4_L", Varying = true)]
    public static Int4 Load4(
        this SharedView<int> view,
        long index,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.ReadAligned<Int4>(index * sizeof(int), new SourceLine(file, line));

    /// <summary>Writes 4 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="value">What to write.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("STORE_I4_G")]
    public static void Store4(
        this GlobalView<int> view,
        long index,
        Int4 value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.WriteAligned(index * sizeof(int), value, new SourceLine(file, line));

    /// <summary>Writes 4 elements.</summary>
    /// <param name="view">The memory.</param>
    /// <param name="index">The index of the first.</param>
    /// <param name="value">What to write.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("STORE_I4_L")]
    public static void Store4(
        this SharedView<int> view,
        long index,
        Int4 value,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        view.Pointer.WriteAligned(index * sizeof(int), value, new SourceLine(file, line));
}
