namespace FlowEngine.Kernels.Cpu;

public sealed unsafe partial class CpuBackend
{
    // Partial sums on the caller's stack, 8 KiB; an image has at most 64.
    private const int PartialSums = 1024;

    /// <summary>Runs a job over every chunk of every image.</summary>
    internal void ForImages<TJob>(int batch, ImageChunks chunks, TJob job)
        where TJob : struct, IImageJob =>
        _team.Run(batch * chunks.Count, new ImagePart<TJob> { Job = job, Chunks = chunks });

    /// <summary>
    /// Runs a job over every chunk of every image: sums[b] += constant + factor · Σ of image b's parts, in the order of
    /// the chunks, in float64, rounded once.
    /// </summary>
    internal void SumImages<TJob>(
        int batch, ImageChunks chunks, TJob job, double factor, double constant, float* sums)
        where TJob : struct, IImageJob
    {
        double* parts = stackalloc double[PartialSums];
        int count = chunks.Count;
        int group = PartialSums / count;
        for (int first = 0; first < batch; first += group)
        {
            int images = Math.Min(group, batch - first);
            _team.Run(
                images * count,
                new ImagePart<TJob> { Job = job, Chunks = chunks, FirstImage = first, Sums = parts });
            for (int i = 0; i < images; i++)
            {
                double sum = 0;
                for (int k = 0; k < count; k++)
                {
                    sum += parts[(i * count) + k];
                }

                sums[first + i] = (float)(sums[first + i] + (constant + (factor * sum)));
            }
        }
    }

    private struct ImagePart<TJob> : IJob
        where TJob : struct, IImageJob
    {
        public TJob Job;
        public ImageChunks Chunks;
        public int FirstImage;
        public double* Sums;

        public void Invoke(int index, int worker)
        {
            int image = index / Chunks.Count;
            int start = (index - (image * Chunks.Count)) * Chunks.ChunkLength;
            int length = Math.Min(Chunks.ChunkLength, Chunks.Length - start);
            double sum = Job.Invoke(FirstImage + image, start, length, worker);
            if (Sums is not null)
            {
                Sums[index] = sum;
            }
        }
    }
}
