using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Which taps of a 3x3 window lie inside the image, for 16 consecutive pixels.</summary>
/// <remarks>Tap 3·i + j reads pixel (row + i - 1, column + j - 1); tap 8 - t is its mirror image.</remarks>
internal static unsafe class TapMasks
{
    /// <summary>Taps of the window.</summary>
    public const int Taps = 9;

    /// <summary>The distance, in pixels, from a pixel to the one a tap reads.</summary>
    public static int Shift(int tap, int width) => (((tap / 3) - 1) * width) + (tap % 3) - 1;

    /// <summary>
    /// The elements before and after a plane that shifted loads may touch, a multiple of 16. What they read there is
    /// masked away.
    /// </summary>
    public static int Margin(int width) => (width + 1 + SimdMath.Width - 1) / SimdMath.Width * SimdMath.Width;

    /// <summary>Nine masks, one per tap, all ones where the tap is inside.</summary>
    /// <param name="image">Height and width.</param>
    /// <param name="pixel">The first pixel; blocks may run from one row or image into the next.</param>
    /// <param name="limit">Pixels from here on have no taps.</param>
    /// <param name="masks">Nine vectors, overwritten.</param>
    /// <returns>The mask of the pixels below the limit.</returns>
    public static Vector512<float> Compute(ImageShape image, long pixel, long limit, Vector512<float>* masks)
    {
        int inImage = (int)(pixel % image.PixelsPerImage);
        Vector512<int> width = Vector512.Create(image.Width);
        Vector512<int> height = Vector512.Create(image.Height);
        Vector512<int> row = Vector512.Create(inImage / image.Width);
        Vector512<int> column = Vector512.Create(inImage % image.Width) + Vector512<int>.Indices;
        Vector512<int> over = Vector512.GreaterThanOrEqual(column, width);
        while (over != Vector512<int>.Zero)
        {
            column -= over & width;
            row -= over;
            over = Vector512.GreaterThanOrEqual(column, width);
        }

        over = Vector512.GreaterThanOrEqual(row, height);
        while (over != Vector512<int>.Zero)
        {
            row -= over & height;
            over = Vector512.GreaterThanOrEqual(row, height);
        }

        int count = (int)Math.Clamp(limit - pixel, 0, SimdMath.Width);
        Vector512<int> valid = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count));
        Vector512<int> left = valid & Vector512.GreaterThan(column, Vector512<int>.Zero);
        Vector512<int> right = valid & Vector512.LessThan(column, width - Vector512<int>.One);
        Vector512<int> above = Vector512.GreaterThan(row, Vector512<int>.Zero);
        Vector512<int> below = Vector512.LessThan(row, height - Vector512<int>.One);
        masks[0] = (above & left).AsSingle();
        masks[1] = (above & valid).AsSingle();
        masks[2] = (above & right).AsSingle();
        masks[3] = left.AsSingle();
        masks[4] = valid.AsSingle();
        masks[5] = right.AsSingle();
        masks[6] = (below & left).AsSingle();
        masks[7] = (below & valid).AsSingle();
        masks[8] = (below & right).AsSingle();
        return valid.AsSingle();
    }
}
