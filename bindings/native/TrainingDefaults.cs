using FlowEngine.Kernels;
using FlowEngine.Training;

namespace FlowEngine.Native;

/// <summary>How a model is trained where a caller does not say, as flowengine.h states it.</summary>
internal static unsafe class TrainingDefaults
{
    /// <summary>Fills the gaps; NULL is all gaps.</summary>
    public static TrainerOptions Complete(TrainingOptions* given)
    {
        TrainerOptions defaults = new();
        if (given is null)
        {
            return defaults;
        }

        Check.Struct(given, sizeof(TrainingOptions), "options");
        Check.Choice("options.optimizer", given->Optimizer, 3);
        Check.Choice("options.schedule", given->Schedule, 2);
        return new TrainerOptions
        {
            Batch = given->Batch == 0 ? defaults.Batch : given->Batch,
            Optimizer = (OptimizerKind)given->Optimizer,
            Schedule = (Schedule)given->Schedule,
            Memory = Activations.Mode(given->Activations, "options.activations"),
            Flip = given->Flip != 0,
            Rate = Or(given->LearningRate, defaults.Rate),
            Beta1 = Or(given->Beta1, defaults.Beta1),
            Beta2 = Or(given->Beta2, defaults.Beta2),
            Epsilon = Or(given->Epsilon, defaults.Epsilon),
            WeightDecay = given->WeightDecay,
            Clip = given->Clip < 0 ? 0 : Or(given->Clip, defaults.Clip),
            EmaDecay = given->EmaDecay < 0 ? 0 : Or(given->EmaDecay, defaults.EmaDecay),
            WarmupSamples = given->WarmupImages == 0 ? defaults.WarmupSamples : Math.Max(0, given->WarmupImages),
            TotalSamples = given->TotalImages == 0 ? defaults.TotalSamples : given->TotalImages,
            Seed = given->Seed,
        };
    }

    private static double Or(double given, double otherwise) => given == 0 ? otherwise : given;
}
