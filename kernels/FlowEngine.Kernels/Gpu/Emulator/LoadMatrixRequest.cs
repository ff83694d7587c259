using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>
/// Loads matrices of 8 by 8 from shared memory: every lane gives a row, and takes its part of all matrices.
/// </summary>
public sealed class LoadMatrixRequest : WarpRequest
{
    private const int Side = 8;

    private readonly int _matrices;
    private readonly bool _transposed;
    private readonly LocalArray<uint> _fragment;
    private readonly DevicePointer _row;

    internal LoadMatrixRequest(
        string operation,
        int matrices,
        bool transposed,
        LocalArray<uint> fragment,
        DevicePointer row,
        string file,
        int line)
        : base(operation, file, line)
    {
        _matrices = matrices;
        _transposed = transposed;
        _fragment = fragment;
        _row = row;
        row.CheckAligned(Side * sizeof(ushort), Line);
    }

    internal override void Complete(ReadOnlySpan<WarpRequest> lanes)
    {
        for (int lane = 0; lane < lanes.Length; lane++)
        {
            LocalArray<uint> fragment = ((LoadMatrixRequest)lanes[lane])._fragment;
            for (int matrix = 0; matrix < _matrices; matrix++)
            {
                int g = lane / 4;
                int q = lane % 4;
                fragment[matrix, Line.Line, Line.File] = _transposed
                    ? Element(lanes, matrix, 2 * q, g) | ((uint)Element(lanes, matrix, (2 * q) + 1, g) << 16)
                    : Row(lanes, matrix, g).Read<uint>(q * sizeof(uint), Line);
            }
        }
    }

    private static DevicePointer Row(ReadOnlySpan<WarpRequest> lanes, int matrix, int row) =>
        ((LoadMatrixRequest)lanes[(matrix * Side) + row])._row;

    private ushort Element(ReadOnlySpan<WarpRequest> lanes, int matrix, int row, int column) =>
        Row(lanes, matrix, row).Read<ushort>(column * sizeof(ushort), Line);
}
