using System.Runtime.InteropServices;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Memory for operations whose arguments include no workspace: a few blocks, kept and grown.</summary>
internal sealed unsafe class ScratchPool : IDisposable
{
    private const nuint Alignment = 64;
    private readonly Lock _lock = new();
    private Block[] _free = new Block[4];
    private int _count;

    /// <summary>Takes a block of at least so many bytes; its contents are undefined.</summary>
    public Block Rent(long lengthInBytes)
    {
        Block block = default;
        lock (_lock)
        {
            if (_count > 0)
            {
                block = _free[--_count];
            }
        }

        if (block.LengthInBytes < lengthInBytes)
        {
            NativeMemory.AlignedFree(block.Pointer);
            block = new Block(NativeMemory.AlignedAlloc((nuint)lengthInBytes, Alignment), lengthInBytes);
        }

        return block;
    }

    /// <summary>Gives a block back.</summary>
    public void Return(Block block)
    {
        lock (_lock)
        {
            if (_count == _free.Length)
            {
                Array.Resize(ref _free, 2 * _count);
            }

            _free[_count++] = block;
        }
    }

    /// <summary>Frees the blocks that are not in use.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            while (_count > 0)
            {
                NativeMemory.AlignedFree(_free[--_count].Pointer);
            }
        }
    }

    /// <summary>A block of memory.</summary>
    internal readonly struct Block(void* pointer, long lengthInBytes)
    {
        public void* Pointer => pointer;

        public long LengthInBytes => lengthInBytes;
    }
}
