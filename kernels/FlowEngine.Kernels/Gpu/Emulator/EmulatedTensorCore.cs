using System.Runtime.CompilerServices;
using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>The waits of <see cref="TensorCore"/> as the emulator's threads yield them.</summary>
public static class EmulatedTensorCore
{
    /// <summary>As <see cref="TensorCore.MultiplyAddBFloat16"/>.</summary>
    /// <param name="d">4 numbers, changed.</param>
    /// <param name="a">4 words.</param>
    /// <param name="b">2 words.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static MultiplyAddRequest MultiplyAddBFloat16(
        LocalArray<float> d,
        LocalArray<uint> a,
        LocalArray<uint> b,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        new("TensorCore.MultiplyAddBFloat16", true, d, a, b, file, line);

    /// <summary>As <see cref="TensorCore.MultiplyAddTensorFloat32"/>.</summary>
    /// <param name="d">4 numbers, changed.</param>
    /// <param name="a">4 words.</param>
    /// <param name="b">2 words.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static MultiplyAddRequest MultiplyAddTensorFloat32(
        LocalArray<float> d,
        LocalArray<uint> a,
        LocalArray<uint> b,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        new("TensorCore.MultiplyAddTensorFloat32", false, d, a, b, file, line);

    /// <summary>As <see cref="TensorCore.LoadMatrixX4(LocalArray{uint}, SharedView{BFloat16}, int, string)"/>.</summary>
    /// <param name="fragment">4 words, overwritten.</param>
    /// <param name="row">The row this lane gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static LoadMatrixRequest LoadMatrixX4(
        LocalArray<uint> fragment,
        SharedView<BFloat16> row,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        new("TensorCore.LoadMatrixX4", 4, false, fragment, row.Pointer, file, line);

    /// <summary>As <see cref="TensorCore.LoadMatrixX4(LocalArray{uint}, SharedView{float}, int, string)"/>.</summary>
    /// <param name="fragment">4 words, overwritten.</param>
    /// <param name="row">The row this lane gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static LoadMatrixRequest LoadMatrixX4(
        LocalArray<uint> fragment,
        SharedView<float> row,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        new("TensorCore.LoadMatrixX4", 4, false, fragment, row.Pointer, file, line);

    /// <summary>As <see cref="TensorCore.LoadMatrixX4Transposed(LocalArray{uint}, SharedView{BFloat16}, int, string)"/>.</summary>
    /// <param name="fragment">4 words, overwritten.</param>
    /// <param name="row">The row this lane gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static LoadMatrixRequest LoadMatrixX4Transposed(
        LocalArray<uint> fragment,
        SharedView<BFloat16> row,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        new("TensorCore.LoadMatrixX4Transposed", 4, true, fragment, row.Pointer, file, line);

    /// <summary>As <see cref="TensorCore.LoadMatrixX4Transposed(LocalArray{uint}, SharedView{float}, int, string)"/>.</summary>
    /// <param name="fragment">4 words, overwritten.</param>
    /// <param name="row">The row this lane gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static LoadMatrixRequest LoadMatrixX4Transposed(
        LocalArray<uint> fragment,
        SharedView<float> row,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        new("TensorCore.LoadMatrixX4Transposed", 4, true, fragment, row.Pointer, file, line);

    /// <summary>As <see cref="TensorCore.LoadMatrixX2"/>.</summary>
    /// <param name="fragment">2 words, overwritten.</param>
    /// <param name="row">The row this lane gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static LoadMatrixRequest LoadMatrixX2(
        LocalArray<uint> fragment,
        SharedView<BFloat16> row,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        new("TensorCore.LoadMatrixX2", 2, false, fragment, row.Pointer, file, line);

    /// <summary>As <see cref="TensorCore.LoadMatrixX2Transposed"/>.</summary>
    /// <param name="fragment">2 words, overwritten.</param>
    /// <param name="row">The row this lane gives.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="file">Filled in by the compiler.</param>
    public static LoadMatrixRequest LoadMatrixX2Transposed(
        LocalArray<uint> fragment,
        SharedView<BFloat16> row,
        [CallerLineNumber] int line = 0,
        [CallerFilePath] string file = "") =>
        new("TensorCore.LoadMatrixX2Transposed", 2, true, fragment, row.Pointer, file, line);
}
