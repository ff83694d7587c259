namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    private sealed class SplineMaps(CpuBackend backend) : ISplines
    {
        public void Forward(
            MonotonicMap map,
            ImageShape shape,
            int passing,
            BufferView x,
            BufferView output,
            BufferView y,
            BufferView logDet) =>
            Run(map, SplinePass.Forward, shape, passing, x, output, y, logDet, default, default);

        public void Inverse(
            MonotonicMap map, ImageShape shape, int passing, BufferView y, BufferView output, BufferView x) =>
            Run(map, SplinePass.Inverse, shape, passing, y, output, x, default, default, default);

        public void Backward(
            MonotonicMap map,
            ImageShape shape,
            int passing,
            BufferView x,
            BufferView output,
            BufferView dy,
            BufferView dLogDet,
            BufferView dx,
            BufferView dOutput) =>
            Run(map, SplinePass.Backward, shape, passing, x, output, dx, dLogDet, dy, dOutput);

        private void Run(
            MonotonicMap map,
            SplinePass pass,
            ImageShape shape,
            int passing,
            BufferView input,
            BufferView output,
            BufferView result,
            BufferView logDet,
            BufferView gradient,
            BufferView outputGradient)
        {
            if (map is RationalQuadraticSpline spline)
            {
                RunLanes(new SplineLanes(spline));
            }
            else
            {
                RunLanes(new AffineLanes((MonotonicAffine)map));
            }

            void RunLanes<TLanes>(TLanes lanes)
                where TLanes : struct, IMonotonicLanes
            {
                long outputLength = map.OutputLength(shape, passing);
                SplineJob<TLanes> job = new()
                {
                    Map = lanes,
                    Pass = pass,
                    Raw = map.ParametersLength,
                    Rows = shape.Batch,
                    Dims = shape.Dims,
                    Passing = passing,
                    Input = Pointer(input, shape.Length),
                    Output = Pointer(output, outputLength),
                    Result = Pointer(result, shape.Length),
                    LogDet = logDet.IsEmpty ? null : Pointer(logDet, shape.Batch),
                    Gradient = gradient.IsEmpty ? null : Pointer(gradient, shape.Length),
                    OutputGradient = outputGradient.IsEmpty ? null : Pointer(outputGradient, outputLength),
                };
                backend._team.Run(job.Parts, job);
            }
        }
    }
}
