using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>The prior of a level's latent: a diagonal Gaussian, per image or shared by all.</summary>
public class GaussianBenchmarks : BandwidthBenchmarks
{
    private const string LogProb = "log-prob";
    private const string Backward = "backward";
    private const string Sample = "sample";
    private const string Standardize = "standardize";

    private protected override IReadOnlyList<string> Passes { get; } = [LogProb, Backward, Sample, Standardize];

    private protected override Operation Create(string pass, Arrays arrays, ModelShape shape)
    {
        IBackend backend = arrays.Backend;
        (ImageShape latent, int priorBatch) = (shape.Latent, shape.PriorBatch);
        long priorLength = (long)PriorNumbers(shape);
        BufferView z = arrays.Random(latent.Length);
        BufferView prior = arrays.Random(priorLength, 0.3);
        BufferView perImage = arrays.Random(latent.Batch);
        BufferView target = arrays.Zeros(latent.Length);
        switch (pass)
        {
            case LogProb:
                return new Operation(
                    () => backend.GaussianLogProb(latent, z, prior, priorBatch, perImage), perImage);
            case Backward:
                BufferView dPrior = arrays.Zeros(priorLength);
                return new Operation(
                    () => backend.GaussianBackward(latent, z, prior, priorBatch, perImage, target, dPrior),
                    target,
                    dPrior);
            case Sample:
                return new Operation(
                    () => backend.GaussianSample(latent, z, prior, priorBatch, 0.7, target), target);
            default:
                return new Operation(
                    () => backend.GaussianStandardize(latent, z, prior, priorBatch, target), target);
        }
    }

    // z and the prior in; backward dz and dPrior out, sampling z or the noise.
    private protected override Work Count(string pass, ModelShape shape)
    {
        double latent = shape.Latent.Length;
        double prior = PriorNumbers(shape);
        double numbers = pass switch
        {
            LogProb => latent + prior,
            Backward => 2 * (latent + prior),
            _ => (2 * latent) + prior,
        };
        return new Work(0, sizeof(float) * numbers);
    }

    private static double PriorNumbers(ModelShape shape) => 2.0 * shape.PriorBatch * shape.Latent.Dims;
}
