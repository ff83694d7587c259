namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    private sealed class SplineMaps(CpuBackend backend) : ISplines
    {
        public void Forward(
            RationalQuadraticSpline spline,
            ImageShape shape,
            int passing,
            BufferView x,
            BufferView output,
            BufferView y,
            BufferView logDet) =>
            Run(Job(SplinePass.Forward, spline, shape, passing, x, output, y) with { LogDet = Pointer(logDet, shape.Batch) });

        public void Inverse(
            RationalQuadraticSpline spline, ImageShape shape, int passing, BufferView y, BufferView output, BufferView x) =>
            Run(Job(SplinePass.Inverse, spline, shape, passing, y, output, x));

        public void Backward(
            RationalQuadraticSpline spline,
            ImageShape shape,
            int passing,
            BufferView x,
            BufferView output,
            BufferView dy,
            BufferView dLogDet,
            BufferView dx,
            BufferView dOutput) =>
            Run(Job(SplinePass.Backward, spline, shape, passing, x, output, dx) with
            {
                LogDet = Pointer(dLogDet, shape.Batch),
                Gradient = Pointer(dy, shape.Length),
                OutputGradient = Pointer(dOutput, spline.OutputLength(shape, passing)),
            });

        private static SplineJob Job(
            SplinePass pass,
            RationalQuadraticSpline spline,
            ImageShape shape,
            int passing,
            BufferView input,
            BufferView output,
            BufferView result) => new()
            {
                Spline = new SplineLanes(spline),
                Pass = pass,
                Raw = spline.ParametersLength,
                Rows = shape.Batch,
                Dims = shape.Dims,
                Passing = passing,
                Input = Pointer(input, shape.Length),
                Output = Pointer(output, spline.OutputLength(shape, passing)),
                Result = Pointer(result, shape.Length),
            };

        private void Run(SplineJob job) => backend._team.Run(job.Parts, job);
    }
}
