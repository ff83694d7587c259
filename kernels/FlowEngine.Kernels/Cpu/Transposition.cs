namespace FlowEngine.Kernels.Cpu;

/// <summary>to[column, row] = from[row, column], both without gaps; 16 columns a part.</summary>
internal readonly unsafe struct Transposition(float* from, int rows, int columns, float* to) : IJob
{
    private const int Block = SimdMath.Width;

    public int Parts => (columns + Block - 1) / Block;

    public void Invoke(int index, int worker)
    {
        int column = index * Block;
        int width = Math.Min(Block, columns - column);
        for (int row = 0; row < rows; row += Block)
        {
            int height = Math.Min(Block, rows - row);
            float* source = from + ((nint)row * columns) + column;
            float* target = to + ((nint)column * rows) + row;
            if (width == Block && height == Block)
            {
                PixelMajor.TransposeBlock(source, columns, target, rows);
                continue;
            }

            for (int r = 0; r < height; r++)
            {
                for (int c = 0; c < width; c++)
                {
                    target[((nint)c * rows) + r] = source[((nint)r * columns) + c];
                }
            }
        }
    }
}
