namespace FlowEngine.Kernels.Device;

/// <summary>A <see cref="RationalQuadraticSpline"/> in float32, for kernels and vector units.</summary>
/// <param name="Bins">K.</param>
/// <param name="HasExponentialSlopes">1 where slopes are an exponential, 0 where they are a softplus.</param>
/// <param name="HasFreeEnds">1 where the slopes at both ends are free, and the first and the last bin share one size.</param>
/// <param name="Bound">B.</param>
/// <param name="LeastSize">2Bε.</param>
/// <param name="FreeSize">2B (1 - ε times the number of sizes).</param>
/// <param name="SizeBend">What bends the raw numbers of widths and heights.</param>
/// <param name="LeastSlope">What a softplus is added to.</param>
/// <param name="SlopeBend">What bends the raw numbers of slopes.</param>
/// <param name="RawOfUnitSlope">The raw number of a slope of 1; where the ends are free it is added to all.</param>
internal readonly record struct SplineNumbers(
    int Bins,
    int HasExponentialSlopes,
    int HasFreeEnds,
    float Bound,
    float LeastSize,
    float FreeSize,
    float SizeBend,
    float LeastSlope,
    float SlopeBend,
    float RawOfUnitSlope);
