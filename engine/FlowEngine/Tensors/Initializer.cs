namespace FlowEngine.Tensors;

/// <summary>The values a parameter starts from, in the order of its shape.</summary>
/// <param name="random">Random numbers that only this parameter uses.</param>
/// <param name="length">How many values.</param>
public delegate double[] Initializer(HostRandom random, int length);
