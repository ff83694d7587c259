using FlowEngine.Kernels;

namespace FlowEngine.Native;

/// <summary>The numbers <c>FLOW_PRECISION_...</c> of flowengine.h.</summary>
internal static class DevicePrecision
{
    private static readonly NetworkPrecision[] _precisions =
        [NetworkPrecision.Full, NetworkPrecision.TensorFloat32, NetworkPrecision.BFloat16];

    /// <summary>The precision of a number.</summary>
    public static NetworkPrecision Of(int number)
    {
        Check.Choice("device.precision", number, _precisions.Length);
        return _precisions[number];
    }

    /// <summary>The number of a precision.</summary>
    public static int NumberOf(NetworkPrecision precision) => Array.IndexOf(_precisions, precision);
}
