namespace FlowEngine.Kernels;

/// <remarks>
/// Philox4x32-10 (Salmon et al. 2011), with element e of item i from word e mod 4 of the block at counter
/// (e / 4, i, epoch, purpose). Uniform: the high 24 bits times 2⁻²⁴, in [0, 1). Normal: Box-Muller on the words of a
/// block in pairs (0, 1) and (2, 3): r = sqrt(-2 ln u), u = (first + 0.5) 2⁻³² rounded to the compute type and at most
/// the largest value below 1, angle = 2π · (second's high 24 bits) 2⁻²⁴; the pair gives r cos(angle), r sin(angle).
/// </remarks>
public partial interface IBackend
{
    /// <summary>Uniform numbers in [0, 1), the same bits on every backend.</summary>
    /// <param name="key">The stream.</param>
    /// <param name="indices">The item index of each row.</param>
    /// <param name="elements">Numbers per item.</param>
    /// <param name="destination">(indices, elements), overwritten.</param>
    void PhiloxUniform(PhiloxKey key, ReadOnlySpan<uint> indices, int elements, BufferView destination);

    /// <summary>Standard normal numbers; backends agree within a few units in the last place.</summary>
    /// <param name="key">The stream.</param>
    /// <param name="indices">The item index of each row.</param>
    /// <param name="elements">Numbers per item.</param>
    /// <param name="destination">(indices, elements), overwritten.</param>
    void PhiloxNormal(PhiloxKey key, ReadOnlySpan<uint> indices, int elements, BufferView destination);

    /// <summary>
    /// Uniform dequantization: x = (level + u) / bins - 0.5 with u from <see cref="PhiloxUniform"/> kept in
    /// [2⁻¹⁴, 1 - 2⁻¹⁴], computed as fma(level + u, 1 / bins, -0.5) in the compute type: the same bits on every
    /// backend of that type.
    /// </summary>
    /// <remarks>
    /// At the ends of u, level + u rounds to the next level in float32, and 1 / bins rounded down takes x below its
    /// own. With u kept from the ends by four units in the last place of 255, floor((x + 0.5) · bins) is the level
    /// again for every level and every number of bins in either type, and x is below 0.5.
    /// </remarks>
    /// <param name="key">The stream of u.</param>
    /// <param name="levels">Grey levels 0 to bins - 1, (indices, elements).</param>
    /// <param name="indices">The data set index of each image.</param>
    /// <param name="bins">The number of grey levels, 2 to 256.</param>
    /// <param name="x">(indices, elements), overwritten.</param>
    void Dequantize(PhiloxKey key, ReadOnlySpan<byte> levels, ReadOnlySpan<uint> indices, int bins, BufferView x);

    /// <summary>Makes the input of training steps.</summary>
    /// <param name="batch">Images, B.</param>
    /// <param name="dims">Grey levels of an image.</param>
    /// <param name="conditionLength">Numbers of a datum's condition, N; 0 for none.</param>
    StepInput CreateStepInput(int batch, int dims, int conditionLength = 0);

    /// <summary>Dequantizes what was sent last, as <see cref="Dequantize(PhiloxKey, ReadOnlySpan{byte}, ReadOnlySpan{uint},
    /// int, BufferView)"/> does.</summary>
    /// <param name="input">The input, of this backend.</param>
    /// <param name="bins">The number of grey levels, 2 to 256.</param>
    /// <param name="x">(B, H, W, C), overwritten.</param>
    void Dequantize(StepInput input, int bins, BufferView x);
}
