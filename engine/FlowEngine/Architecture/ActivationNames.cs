using FlowEngine.Kernels;
using FlowEngine.Settings;

namespace FlowEngine.Architecture;

/// <summary>The activations of networks as options have them.</summary>
internal static class ActivationNames
{
    private static readonly (string Name, Activation Value)[] _names =
    [
        ("relu", Activation.Relu),
        ("tanh", Activation.Tanh),
        ("elu", Activation.Elu),
        ("silu", Activation.Silu),
        ("gelu", Activation.Gelu),
        ("gelu_tanh", Activation.GeluTanh),
        ("leaky_relu", Activation.LeakyRelu),
    ];

    /// <summary>The name of one.</summary>
    public static string NameOf(Activation activation) => _names.First(name => name.Value == activation).Name;

    /// <summary>The option of it.</summary>
    public static Setting Setting<T>(Func<T, Activation> get, Func<T, Activation, T> with)
        where T : class => new ChoiceSetting<T, Activation>(
            "activation", _names, get, with, "The activation function of hidden units");
}
