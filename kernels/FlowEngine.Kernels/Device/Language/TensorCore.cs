using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Device;

/// <summary>The matrix products of a warp. All 32 threads take part; each holds a part of every matrix.</summary>
/// <remarks>
/// With g = lane / 4 and q = lane mod 4 (PTX ISA, "Matrix fragments for mma"): of the product D (16, 8) a thread holds
/// d0, d1 = (g, 2q), (g, 2q + 1) and d2, d3 the same 8 rows below.
/// </remarks>
public static class TensorCore
{
    /// <summary>D += A·B with A (16, 16) and B (16, 8) in bf16, D (16, 8) in float32.</summary>
    /// <param name="d">4 numbers, changed.</param>
    /// <param name="a">
    /// 4 words of two numbers each: (g, 2q), (g + 8, 2q), (g, 2q + 8), (g + 8, 2q + 8), each with its right neighbor.
    /// </param>
    /// <param name="b">2 words of two numbers each: (2q, g), (2q + 8, g), each with its lower neighbor.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("MMA_BF16", Waits = true, NeedsWarpScratch = true)]
    public static void MultiplyAddBFloat16(
        LocalArray<float> d,
        LocalArray<uint> a,
        LocalArray<uint> b,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(MultiplyAddBFloat16));

    /// <summary>D += A·B with A (16, 8) and B (8, 8) in TF32, D (16, 8) in float32.</summary>
    /// <param name="d">4 numbers, changed.</param>
    /// <param name="a">4 numbers by <see cref="ToTensorFloat32"/>: (g, q), (g + 8, q), (g, q + 4), (g + 8, q + 4).</param>
    /// <param name="b">2 numbers by <see cref="ToTensorFloat32"/>: (q, g), (q + 4, g).</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("MMA_TF32", Waits = true, NeedsWarpScratch = true)]
    public static void MultiplyAddTensorFloat32(
        LocalArray<float> d,
        LocalArray<uint> a,
        LocalArray<uint> b,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(MultiplyAddTensorFloat32));

    /// <summary>The bits of a float32 rounded to 10 bits of fraction, ties away from zero. NaN stays NaN.</summary>
    /// <param name="value">The number.</param>
    [Intrinsic("TO_TF32")]
    public static uint ToTensorFloat32(float value) =>
        float.IsNaN(value) ? 0x7fffe000u : (BitConverter.SingleToUInt32Bits(value) + 0x1000u) & 0xffffe000u;

    /// <summary>Four matrices of 8 by 8 from shared memory: a thread gets (g, 2q) and (g, 2q + 1) of each.</summary>
    /// <param name="fragment">4 words, overwritten.</param>
    /// <param name="row">
    /// Lane l gives the start of row l mod 8 of matrix l / 8, aligned to 16 bytes.
    /// </param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_MATRIX_X4", Waits = true, NeedsWarpScratch = true)]
    public static void LoadMatrixX4(
        LocalArray<uint> fragment,
        SharedView<BFloat16> row,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(LoadMatrixX4));

    /// <summary>
    /// Four matrices of 8 rows of 4 words from shared memory: a thread gets word q of row g of each. A word is a TF32
    /// number or two of bf16.
    /// </summary>
    /// <param name="fragment">4 words, overwritten.</param>
    /// <param name="row">
    /// Lane l gives the start of row l mod 8 of matrix l / 8, aligned to 16 bytes.
    /// </param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_WORDS_X4", Waits = true, NeedsWarpScratch = true)]
    public static void LoadMatrixX4(
        LocalArray<uint> fragment,
        SharedView<float> row,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(LoadMatrixX4));

    /// <summary>Two matrices of 8 by 8 from shared memory: a thread gets (g, 2q) and (g, 2q + 1) of each.</summary>
    /// <param name="fragment">2 words, overwritten.</param>
    /// <param name="row">
    /// Lane l gives the start of row l mod 8 of matrix l / 8, aligned to 16 bytes; the last 16 lanes are not read, but must give a valid place.
    /// </param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_MATRIX_X2", Waits = true, NeedsWarpScratch = true)]
    public static void LoadMatrixX2(
        LocalArray<uint> fragment,
        SharedView<BFloat16> row,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(LoadMatrixX2));

    /// <summary>
    /// Four matrices of 8 by 8 from shared memory, each transposed: a thread gets (g, 2q) and (g, 2q + 1) of each
    /// transposed one.
    /// </summary>
    /// <param name="fragment">4 words, overwritten.</param>
    /// <param name="row">
    /// Lane l gives the start of row l mod 8 of matrix l / 8, aligned to 16 bytes.
    /// </param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_MATRIX_X4_TRANS", Waits = true, NeedsWarpScratch = true)]
    public static void LoadMatrixX4Transposed(
        LocalArray<uint> fragment,
        SharedView<BFloat16> row,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(LoadMatrixX4Transposed));

    /// <summary>
    /// As <see cref="LoadMatrixX4Transposed(LocalArray{uint}, SharedView{BFloat16}, int, string)"/>, of words that each
    /// hold two numbers of bf16.
    /// </summary>
    /// <param name="fragment">4 words, overwritten.</param>
    /// <param name="row">
    /// Lane l gives the start of row l mod 8 of matrix l / 8, aligned to 16 bytes.
    /// </param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_WORDS_X4_TRANS", Waits = true, NeedsWarpScratch = true)]
    public static void LoadMatrixX4Transposed(
        LocalArray<uint> fragment,
        SharedView<float> row,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(LoadMatrixX4Transposed));

    /// <summary>
    /// Two matrices of 8 by 8 from shared memory, each transposed: a thread gets (g, 2q) and (g, 2q + 1) of each
    /// transposed one.
    /// </summary>
    /// <param name="fragment">2 words, overwritten.</param>
    /// <param name="row">
    /// Lane l gives the start of row l mod 8 of matrix l / 8, aligned to 16 bytes; the last 16 lanes are not read, but must give a valid place.
    /// </param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    [Intrinsic("LOAD_MATRIX_X2_TRANS", Waits = true, NeedsWarpScratch = true)]
    public static void LoadMatrixX2Transposed(
        LocalArray<uint> fragment,
        SharedView<BFloat16> row,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        throw DeviceThread.NotYielded(nameof(LoadMatrixX2Transposed));
}
