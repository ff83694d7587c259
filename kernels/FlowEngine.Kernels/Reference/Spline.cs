namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    private sealed class SplineMaps : ISplines
    {
        public void Forward(
            RationalQuadraticSpline spline,
            ImageShape shape,
            int passing,
            BufferView x,
            BufferView output,
            BufferView y,
            BufferView logDet)
        {
            Span<T> input = Elements(x, shape.Length);
            Span<T> result = Elements(y, shape.Length);
            Span<T> logDets = Elements(logDet, shape.Batch);
            int moved = shape.Dims - passing;
            double[] raw = WideArray(output, checked((int)spline.OutputLength(shape, passing)));
            input.CopyTo(result);
            for (int b = 0; b < shape.Batch; b++)
            {
                double sum = 0;
                for (int d = 0; d < moved; d++)
                {
                    int i = (b * shape.Dims) + passing + d;
                    SplineOfDoubles own = Spline(spline, raw, (b * moved) + d);
                    result[i] = Round(own.Forward(Wide(input[i]), out double logSlope));
                    sum += logSlope;
                }

                Add(ref logDets[b], sum);
            }
        }

        public void Inverse(
            RationalQuadraticSpline spline, ImageShape shape, int passing, BufferView y, BufferView output, BufferView x)
        {
            Span<T> input = Elements(y, shape.Length);
            Span<T> result = Elements(x, shape.Length);
            int moved = shape.Dims - passing;
            double[] raw = WideArray(output, checked((int)spline.OutputLength(shape, passing)));
            input.CopyTo(result);
            for (int b = 0; b < shape.Batch; b++)
            {
                for (int d = 0; d < moved; d++)
                {
                    int i = (b * shape.Dims) + passing + d;
                    result[i] = Round(Spline(spline, raw, (b * moved) + d).Inverse(Wide(input[i])));
                }
            }
        }

        public void Backward(
            RationalQuadraticSpline spline,
            ImageShape shape,
            int passing,
            BufferView x,
            BufferView output,
            BufferView dy,
            BufferView dLogDet,
            BufferView dx,
            BufferView dOutput)
        {
            Span<T> input = Elements(x, shape.Length);
            Span<T> gradient = Elements(dy, shape.Length);
            Span<T> logDetGradient = Elements(dLogDet, shape.Batch);
            Span<T> inputGradient = Elements(dx, shape.Length);
            int moved = shape.Dims - passing;
            double[] raw = WideArray(output, checked((int)spline.OutputLength(shape, passing)));
            double[] dRaw = new double[raw.Length];
            gradient.CopyTo(inputGradient);
            for (int b = 0; b < shape.Batch; b++)
            {
                for (int d = 0; d < moved; d++)
                {
                    int i = (b * shape.Dims) + passing + d;
                    int at = (b * moved) + d;
                    inputGradient[i] = Round(Spline(spline, raw, at).Backward(
                        Wide(input[i]),
                        Wide(gradient[i]),
                        Wide(logDetGradient[b]),
                        dRaw.AsSpan(at * spline.ParametersLength, spline.ParametersLength)));
                }
            }

            Store(dRaw, dOutput);
        }

        private static SplineOfDoubles Spline(RationalQuadraticSpline spline, double[] raw, int at) =>
            new(spline, raw.AsSpan(at * spline.ParametersLength, spline.ParametersLength).ToArray());
    }
}
