using FlowEngine.Kernels;

namespace FlowEngine.Compression;

/// <summary>How the images of a batch of blocks pass one layer: encoding forward, decoding backward.</summary>
internal interface ILayerCode
{
    /// <summary>x to y; the stack gains the layer's -LogDet.</summary>
    /// <param name="batch">The blocks.</param>
    /// <param name="input">The shape of x, of a batch of as many images as blocks.</param>
    void Encode(ChainBatch batch, ImageShape input);

    /// <summary>The exact reverse.</summary>
    /// <param name="batch">The blocks.</param>
    /// <param name="input">The shape of x.</param>
    void Decode(ChainBatch batch, ImageShape input);
}
