using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace FlowEngine.Checkpoints;

/// <summary>SHA-256 (FIPS 180-4) of a sequence of spans.</summary>
/// <remarks>
/// The platform's class uses the processor's own instructions, several times faster than portable code can be. But
/// on Linux it needs OpenSSL and ends the process where that is missing, which a library inside somebody's program
/// must not do: there this code steps in. It guards against damage, not forgery, so it need not be constant-time.
/// </remarks>
internal sealed class Sha256
{
    private const int BlockLengthInBytes = 64;
    private const int Rounds = 64;

    private static readonly bool _platformIsUsable =
        OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ||
        (OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libssl.so.3", out _));

    // The first 32 fractional bits of the cube roots of the first 64 primes.
    private static readonly uint[] _roundConstants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    // The first 32 fractional bits of the square roots of the first 8 primes.
    private readonly uint[] _state =
    [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ];

    private readonly byte[] _pending = new byte[BlockLengthInBytes];
    private int _pendingLength;
    private long _lengthInBytes;

    /// <summary>The digest of the tensors' bytes, one after another, in lower-case hexadecimal.</summary>
    internal static string OfTensors(IEnumerable<NamedTensor> tensors)
    {
        if (!_platformIsUsable)
        {
            return OfTensorsPortably(tensors);
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (NamedTensor tensor in tensors)
        {
            hash.AppendData(tensor.Bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The same digest, computed only by this class.</summary>
    internal static string OfTensorsPortably(IEnumerable<NamedTensor> tensors)
    {
        var hash = new Sha256();
        foreach (NamedTensor tensor in tensors)
        {
            hash.Append(tensor.Bytes);
        }

        return hash.Finish();
    }

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        _lengthInBytes += bytes.Length;
        if (_pendingLength > 0)
        {
            int taken = Math.Min(bytes.Length, BlockLengthInBytes - _pendingLength);
            bytes[..taken].CopyTo(_pending.AsSpan(_pendingLength));
            _pendingLength += taken;
            bytes = bytes[taken..];
            if (_pendingLength < BlockLengthInBytes)
            {
                return;
            }

            Compress(_pending);
            _pendingLength = 0;
        }

        int whole = bytes.Length & -BlockLengthInBytes;
        Compress(bytes[..whole]);
        bytes[whole..].CopyTo(_pending);
        _pendingLength = bytes.Length - whole;
    }

    /// <summary>Ends the message: a 1 bit, zeros, and its length in bits as the last 8 bytes of a block.</summary>
    internal string Finish()
    {
        Span<byte> padding = stackalloc byte[2 * BlockLengthInBytes];
        padding.Clear();
        padding[0] = 0x80;
        int blocks = _pendingLength + 1 + sizeof(long) <= BlockLengthInBytes ? 1 : 2;
        int length = (blocks * BlockLengthInBytes) - _pendingLength;
        BinaryPrimitives.WriteInt64BigEndian(padding[(length - sizeof(long))..], _lengthInBytes * 8);
        Append(padding[..length]);
        Span<byte> digest = stackalloc byte[_state.Length * sizeof(uint)];
        for (int i = 0; i < _state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(digest[(i * sizeof(uint))..], _state[i]);
        }

        return Convert.ToHexStringLower(digest);
    }

    private void Compress(ReadOnlySpan<byte> blocks)
    {
        Span<uint> words = stackalloc uint[Rounds];
        ref uint w = ref MemoryMarshal.GetReference(words);
        ref uint k = ref MemoryMarshal.GetArrayDataReference(_roundConstants);
        for (; !blocks.IsEmpty; blocks = blocks[BlockLengthInBytes..])
        {
            Expand(blocks, ref w);
            (uint a, uint b, uint c, uint d) = (_state[0], _state[1], _state[2], _state[3]);
            (uint e, uint f, uint g, uint h) = (_state[4], _state[5], _state[6], _state[7]);

            // The standard moves eight variables along in each round. Renaming them instead moves nothing, and
            // after eight rounds the names are back in their places.
            for (int t = 0; t < Rounds; t += 8)
            {
                h += Second(e, f, g) + Unsafe.Add(ref k, t) + Unsafe.Add(ref w, t);
                d += h;
                h += First(a, b, c);
                g += Second(d, e, f) + Unsafe.Add(ref k, t + 1) + Unsafe.Add(ref w, t + 1);
                c += g;
                g += First(h, a, b);
                f += Second(c, d, e) + Unsafe.Add(ref k, t + 2) + Unsafe.Add(ref w, t + 2);
                b += f;
                f += First(g, h, a);
                e += Second(b, c, d) + Unsafe.Add(ref k, t + 3) + Unsafe.Add(ref w, t + 3);
                a += e;
                e += First(f, g, h);
                d += Second(a, b, c) + Unsafe.Add(ref k, t + 4) + Unsafe.Add(ref w, t + 4);
                h += d;
                d += First(e, f, g);
                c += Second(h, a, b) + Unsafe.Add(ref k, t + 5) + Unsafe.Add(ref w, t + 5);
                g += c;
                c += First(d, e, f);
                b += Second(g, h, a) + Unsafe.Add(ref k, t + 6) + Unsafe.Add(ref w, t + 6);
                f += b;
                b += First(c, d, e);
                a += Second(f, g, h) + Unsafe.Add(ref k, t + 7) + Unsafe.Add(ref w, t + 7);
                e += a;
                a += First(b, c, d);
            }

            _state[0] += a;
            _state[1] += b;
            _state[2] += c;
            _state[3] += d;
            _state[4] += e;
            _state[5] += f;
            _state[6] += g;
            _state[7] += h;
        }
    }

    /// <summary>Fills the 64 words at <paramref name="w"/>: the 16 of a block and those that follow from them.</summary>
    private static void Expand(ReadOnlySpan<byte> block, ref uint w)
    {
        for (int t = 0; t < 16; t++)
        {
            Unsafe.Add(ref w, t) = BinaryPrimitives.ReadUInt32BigEndian(block[(t * sizeof(uint))..]);
        }

        for (int t = 16; t < Rounds; t++)
        {
            uint x = Unsafe.Add(ref w, t - 15);
            uint y = Unsafe.Add(ref w, t - 2);
            Unsafe.Add(ref w, t) = Unsafe.Add(ref w, t - 16) + Unsafe.Add(ref w, t - 7) +
                (BitOperations.RotateRight(x, 7) ^ BitOperations.RotateRight(x, 18) ^ (x >> 3)) +
                (BitOperations.RotateRight(y, 17) ^ BitOperations.RotateRight(y, 19) ^ (y >> 10));
        }
    }

    private static uint First(uint a, uint b, uint c) =>
        (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22)) +
        ((a & b) | (c & (a | b)));

    private static uint Second(uint e, uint f, uint g) =>
        (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25)) +
        (g ^ (e & (f ^ g)));
}
