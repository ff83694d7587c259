namespace FlowEngine.Kernels.Reference;

// What networks of 3x3 patches share.
public sealed partial class ReferenceBackend<T>
{
    private const int Taps = 9;

    // The pixel that tap 3i + j of pixel p reads, row + i - 1, column + j - 1 of the same image; -1 outside it.
    private static int Neighbor(ImageShape image, int p, int tap)
    {
        int row = (p / image.Width % image.Height) + (tap / 3) - 1;
        int column = (p % image.Width) + (tap % 3) - 1;
        bool inside = row >= 0 && row < image.Height && column >= 0 && column < image.Width;
        return inside ? p + (((tap / 3) - 1) * image.Width) + (tap % 3) - 1 : -1;
    }

    // The first channels of the nine pixels around pixel p, (9, I).
    private static double[] Patch(ImageShape image, BufferView x, int inputs, int p, double outside)
    {
        Span<T> elements = Elements(x, image.Length);
        double[] patch = new double[Taps * inputs];
        for (int tap = 0; tap < Taps; tap++)
        {
            int q = Neighbor(image, p, tap);
            for (int i = 0; i < inputs; i++)
            {
                patch[(tap * inputs) + i] = q < 0 ? outside : Wide(elements[(q * image.Channels) + i]);
            }
        }

        return patch;
    }

    // Adds the gradient of a patch to the pixels it was gathered from, (B, P, I).
    private static void ScatterPatch(ImageShape image, double[] dPatch, int inputs, int p, double[] dInput)
    {
        for (int tap = 0; tap < Taps; tap++)
        {
            int q = Neighbor(image, p, tap);
            for (int i = 0; i < inputs && q >= 0; i++)
            {
                dInput[(q * inputs) + i] += dPatch[(tap * inputs) + i];
            }
        }
    }

    private static double Rectify(double value) => value > 0 ? value : 0;

    private static double Dot(double[] matrix, int row, double[] vector)
    {
        double sum = 0;
        for (int i = 0; i < vector.Length; i++)
        {
            sum += matrix[(row * vector.Length) + i] * vector[i];
        }

        return sum;
    }

    private static void AddScaled(double[] vector, double scale, double[] matrix, int row)
    {
        for (int i = 0; i < vector.Length; i++)
        {
            matrix[(row * vector.Length) + i] += vector[i] * scale;
        }
    }

    private static double[] Scales(BufferView logScale, int length, double factor)
    {
        double[] scales = new double[length];
        for (int i = 0; i < length; i++)
        {
            scales[i] = logScale.IsEmpty ? 1 : Math.Exp(factor * Wide(Elements(logScale, length)[i]));
        }

        return scales;
    }
}
