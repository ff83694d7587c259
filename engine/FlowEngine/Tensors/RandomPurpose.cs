namespace FlowEngine.Tensors;

/// <summary>What a stream of random numbers is for: word 3 of the Philox counter. The numbers never change.</summary>
public enum RandomPurpose
{
    /// <summary>Initial weights; epoch = index of the parameter.</summary>
    Weights = 1,

    /// <summary>The order of the training images; epoch = pass over the data.</summary>
    Shuffle = 2,

    /// <summary>Dequantization noise in training; epoch = pass over the data.</summary>
    TrainingNoise = 3,

    /// <summary>Dequantization noise in evaluation.</summary>
    EvaluationNoise = 4,

    /// <summary>Horizontal flips; epoch = pass over the data.</summary>
    Flip = 5,

    /// <summary>Latents of samples; epoch = level.</summary>
    Sample = 6,

    /// <summary>Rows of the built-in tables; epoch = part: training, validation, test.</summary>
    Shape = 7,
}
