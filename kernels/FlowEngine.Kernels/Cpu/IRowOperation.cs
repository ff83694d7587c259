using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>What is done to 16 elements of an image's row: the arithmetic, and which arrays it reads and writes.</summary>
internal interface IRowOperation
{
    /// <summary>Whether what it returns is added up for each image.</summary>
    static abstract bool HasSum { get; }

    /// <summary>Does it.</summary>
    /// <param name="at">Where the elements are.</param>
    /// <returns>What each lane adds to the image's sum; lanes past the row's end are dropped.</returns>
    Vector512<float> Invoke(RowLanes at);
}
