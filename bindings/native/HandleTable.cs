using System.Collections.Concurrent;

namespace FlowEngine.Native;

/// <summary>The objects that C holds, by numbers that look like pointers.</summary>
/// <remarks>
/// A number is never used twice and is looked up, never followed: one that is freed, of another kind or made up is an
/// error and not a crash. An object goes when it is freed and nobody uses it any more.
/// </remarks>
internal static class HandleTable
{
    // Odd, so that numbers stay different and never 0, and so large that small and neighbouring numbers mean nothing.
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private static readonly ConcurrentDictionary<nint, Slot> _slots = new();
    private static long _last;

    /// <summary>Takes an object in.</summary>
    public static nint Add(IDisposable target)
    {
        nint handle = unchecked((nint)((ulong)Interlocked.Increment(ref _last) * Spread));
        _slots[handle] = new Slot(target);
        return handle;
    }

    /// <summary>The object of a handle, kept until the lease ends.</summary>
    /// <exception cref="FlowException">The handle is NULL, freed, of another kind, or none.</exception>
    public static Lease<T> Use<T>(nint handle)
        where T : class, IDisposable, INamedHandle
    {
        return handle == 0 ? throw Check.Invalid($"{T.HandleName} is NULL")
            : _slots.TryGetValue(handle, out Slot? slot) && slot.Target is T target && slot.TryEnter()
            ? new Lease<T>(slot, target)
            : throw Check.Invalid($"{T.HandleName} is not one: it was freed, is of another kind, or was never made");
    }

    /// <summary>Frees a handle; anything that is not a handle of the kind is left as it is.</summary>
    public static void Free<T>(nint handle)
        where T : class, IDisposable
    {
        if (_slots.TryGetValue(handle, out Slot? slot) && slot.Target is T && _slots.TryRemove(handle, out _))
        {
            slot.Free();
        }
    }

    /// <summary>An object and who uses it.</summary>
    internal sealed class Slot(IDisposable target)
    {
        // The table's own use is the first.
        private int _uses = 1;

        public IDisposable Target => target;

        public bool TryEnter()
        {
            int uses = Volatile.Read(ref _uses);
            while (uses > 0)
            {
                int found = Interlocked.CompareExchange(ref _uses, uses + 1, uses);
                if (found == uses)
                {
                    return true;
                }

                uses = found;
            }

            return false;
        }

        public void Free()
        {
            if (Interlocked.Decrement(ref _uses) == 0)
            {
                target.Dispose();
            }
        }
    }

    /// <summary>Keeps an object from being disposed.</summary>
    internal readonly struct Lease<T>(Slot slot, T target) : IDisposable
    {
        public T Target => target;

        public void Dispose() => slot.Free();
    }
}
