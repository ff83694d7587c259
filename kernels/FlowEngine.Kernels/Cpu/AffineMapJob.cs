namespace FlowEngine.Kernels.Cpu;

/// <summary>y = M x + v for the pixels of a part.</summary>
internal unsafe struct AffineMapJob : IJob
{
    public AffineMatrix Map;
    public float* X;
    public float* Y;
    public int Pixels;

    /// <summary>x before its squeeze, in place of X.</summary>
    public SqueezedPixels Source;

    /// <summary>y before its squeeze, in place of Y.</summary>
    public SqueezedPixels Target;

    public float* Tiles;

    public readonly void Invoke(int index, int worker)
    {
        int start = index * AffineLayout.Pixels;
        int count = Math.Min(AffineLayout.Pixels, Pixels - start);
        long offset = (long)start * Map.Channels;
        float* tile = Tiles + (worker * AffineLayout.TileLength(Map.Channels));
        if (!Source.IsNone)
        {
            Map.Apply(Source, Y + offset, start, count, tile);
        }
        else if (!Target.IsNone)
        {
            Map.Apply(X + offset, Target, start, count, tile);
        }
        else
        {
            Map.Apply(X + offset, Y + offset, count);
        }
    }
}
