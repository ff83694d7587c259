namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    private sealed class SplineMaps : ISplines
    {
        public void Forward(
            MonotonicMap map,
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
            double[] raw = WideArray(output, checked((int)map.OutputLength(shape, passing)));
            input.CopyTo(result);
            for (int b = 0; b < shape.Batch; b++)
            {
                double sum = 0;
                for (int d = 0; d < moved; d++)
                {
                    int i = (b * shape.Dims) + passing + d;
                    IMapOfDoubles own = Map(map, raw, (b * moved) + d);
                    result[i] = Round(own.Forward(Wide(input[i]), out double logSlope));
                    sum += logSlope;
                }

                Add(ref logDets[b], sum);
            }
        }

        public void Inverse(
            MonotonicMap map, ImageShape shape, int passing, BufferView y, BufferView output, BufferView x)
        {
            Span<T> input = Elements(y, shape.Length);
            Span<T> result = Elements(x, shape.Length);
            int moved = shape.Dims - passing;
            double[] raw = WideArray(output, checked((int)map.OutputLength(shape, passing)));
            input.CopyTo(result);
            for (int b = 0; b < shape.Batch; b++)
            {
                for (int d = 0; d < moved; d++)
                {
                    int i = (b * shape.Dims) + passing + d;
                    result[i] = Round(Map(map, raw, (b * moved) + d).Inverse(Wide(input[i])));
                }
            }
        }

        public void Backward(
            MonotonicMap map,
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
            double[] raw = WideArray(output, checked((int)map.OutputLength(shape, passing)));
            double[] dRaw = new double[raw.Length];
            gradient.CopyTo(inputGradient);
            for (int b = 0; b < shape.Batch; b++)
            {
                for (int d = 0; d < moved; d++)
                {
                    int i = (b * shape.Dims) + passing + d;
                    int at = (b * moved) + d;
                    inputGradient[i] = Round(Map(map, raw, at).Backward(
                        Wide(input[i]),
                        Wide(gradient[i]),
                        Wide(logDetGradient[b]),
                        dRaw.AsSpan(at * map.ParametersLength, map.ParametersLength)));
                }
            }

            Store(dRaw, dOutput);
        }

        private static IMapOfDoubles Map(MonotonicMap map, double[] raw, int at)
        {
            ReadOnlySpan<double> own = raw.AsSpan(at * map.ParametersLength, map.ParametersLength);
            return map is RationalQuadraticSpline spline
                ? new SplineOfDoubles(spline, own.ToArray())
                : new AffineOfDoubles((MonotonicAffine)map, own);
        }
    }
}
