namespace FlowEngine.Onnx.Format;

/// <summary>A constant of a node: an integer, or several.</summary>
/// <param name="Name">Its name in the operator's definition.</param>
/// <param name="Values">The integers.</param>
/// <param name="IsList">True for several, of which there may be one.</param>
internal readonly record struct OnnxAttribute(string Name, long[] Values, bool IsList)
{
    private const int IntegerType = 2;
    private const int IntegersType = 7;

    /// <summary>An integer.</summary>
    public static OnnxAttribute Of(string name, long value) => new(name, [value], IsList: false);

    /// <summary>Several integers.</summary>
    public static OnnxAttribute List(string name, params long[] values) => new(name, values, IsList: true);

    /// <summary>An AttributeProto.</summary>
    public ProtoMessage ToProto()
    {
        ProtoMessage message = new ProtoMessage().Add(1, Name).Add(20, IsList ? IntegersType : IntegerType);
        foreach (long value in Values)
        {
            message.Add(IsList ? 8 : 3, value);
        }

        return message;
    }
}
