namespace FlowEngine.Data;

/// <summary>Makes an image of another.</summary>
/// <param name="image">The samples that are there.</param>
/// <param name="result">Those to make, overwritten.</param>
internal delegate void ImageTransform(ReadOnlySpan<byte> image, Span<byte> result);
