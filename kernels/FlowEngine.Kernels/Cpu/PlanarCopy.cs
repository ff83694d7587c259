namespace FlowEngine.Kernels.Cpu;

/// <summary>Copies the first channels of an image, channels last, into planes; 512 pixels a part.</summary>
internal readonly unsafe struct PlanarCopy(float* source, ImageShape image, Planes target) : IJob
{
    private const int PixelsPerPart = 512;

    public static int Parts(ImageShape image) => (int)(((long)image.Pixels + PixelsPerPart - 1) / PixelsPerPart);

    public void Invoke(int index, int worker)
    {
        long first = (long)index * PixelsPerPart;
        long last = Math.Min(first + PixelsPerPart, image.Pixels);
        for (int channel = 0; channel < target.Rows; channel++)
        {
            float* to = target.Pointer + (channel * target.Stride);
            float* from = source + (first * image.Channels) + channel;
            for (long pixel = first; pixel < last; pixel++)
            {
                to[pixel] = *from;
                from += image.Channels;
            }
        }
    }
}
