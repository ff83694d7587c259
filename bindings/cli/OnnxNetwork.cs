using System.Text;

using Function = FlowEngine.Cli.OnnxLibrary.Function;

namespace FlowEngine.Cli;

/// <summary>A network in an ONNX file that makes features of pictures, in ONNX Runtime on the CPU.</summary>
internal sealed unsafe class OnnxNetwork : IDisposable
{
    private const int FloatType = 1;
    private const int Channels = 3;

    private static readonly string[] _types =
    [
        "undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64",
        "uint32", "uint64", "complex64", "complex128", "bfloat16",
    ];

    private readonly OnnxLibrary _runtime;
    private readonly string _path;
    private readonly nint _session;
    private readonly nint _memory;
    private readonly byte[] _input = [];

    /// <summary>Reads a network.</summary>
    /// <param name="path">What messages call it.</param>
    /// <param name="file">The whole file.</param>
    /// <exception cref="FlowException">There is no ONNX Runtime, it does not read the file, or the network takes no pictures.
    /// </exception>
    public OnnxNetwork(string path, byte[] file)
    {
        _runtime = OnnxLibrary.Load();
        _path = path;
        try
        {
            _session = CreateSession(file);
            nint memory = 0;
            _runtime.Check(((delegate* unmanaged<int, int, nint*, nint>)_runtime[Function.CreateCpuMemoryInfo])(0, 0, &memory));
            _memory = memory;
            (_input, Height, Width) = ReadInput();
            Outputs =
            [
                .. Enumerable.Range(0, (int)_runtime.Get(Function.SessionGetOutputCount, _session))
                    .Select(i => _runtime.GetName(Function.SessionGetOutputName, _session, i)),
            ];
        }
        catch (FlowException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Rows of the pictures that it takes; null for any.</summary>
    public int? Height { get; }

    /// <summary>Columns of the pictures that it takes; null for any.</summary>
    public int? Width { get; }

    /// <summary>The names of its outputs.</summary>
    public IReadOnlyList<string> Outputs { get; }

    /// <summary>The features of one picture.</summary>
    /// <param name="picture">(1, 3, height, width).</param>
    /// <param name="height">Rows of the picture.</param>
    /// <param name="width">Columns of the picture.</param>
    /// <param name="output">The output that has them.</param>
    /// <returns>The features and their sizes, as the network gives them.</returns>
    /// <exception cref="FlowException">The runtime refuses, or the output has other values than float32.</exception>
    public (float[] Values, long[] Sizes) Run(float[] picture, int height, int width, string output)
    {
        long* sizes = stackalloc long[] { 1, Channels, height, width };
        nint input = 0;
        nint result = 0;
        try
        {
            fixed (float* values = picture)
            fixed (byte* inputName = _input)
            fixed (byte* outputName = Terminated(output))
            {
                byte* ofInput = inputName;
                byte* ofOutput = outputName;
                _runtime.Check(((delegate* unmanaged<nint, float*, nint, long*, nint, int, nint*, nint>)
                    _runtime[Function.CreateTensorWithDataAsOrtValue])(
                    _memory, values, picture.Length * sizeof(float), sizes, 4, FloatType, &input));
                _runtime.Check(((delegate* unmanaged<nint, nint, byte**, nint*, nint, byte**, nint, nint*, nint>)
                    _runtime[Function.Run])(_session, 0, &ofInput, &input, 1, &ofOutput, 1, &result));
            }

            return ReadResult(output, result);
        }
        catch (FlowException exception) when (exception.Kind == FlowErrorKind.InvalidArgument)
        {
            throw new FlowException(exception.Kind, $"{_path}: a picture of {height}x{width}: {exception.Message}", exception);
        }
        finally
        {
            Release(Function.ReleaseValue, result);
            Release(Function.ReleaseValue, input);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release(Function.ReleaseMemoryInfo, _memory);
        Release(Function.ReleaseSession, _session);
    }

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + '\0');

    private nint CreateSession(byte[] file)
    {
        nint options = _runtime.Get(Function.CreateSessionOptions);
        nint session = 0;
        try
        {
            // Workers that spin for the next picture would take the processor from the flows.
            fixed (byte* key = "session.intra_op.allow_spinning\0"u8, value = "0\0"u8)
            {
                _runtime.Check(((delegate* unmanaged<nint, byte*, byte*, nint>)_runtime[Function.AddSessionConfigEntry])(
                    options, key, value));
            }

            fixed (byte* bytes = file)
            {
                _runtime.Check(((delegate* unmanaged<nint, byte*, nint, nint, nint*, nint>)
                    _runtime[Function.CreateSessionFromArray])(_runtime.Environment, bytes, file.Length, options, &session));
            }

            return session;
        }
        catch (FlowException exception)
        {
            string hint = File.Exists(_path + ".data")
                ? $"; {Path.GetFileName(_path)}.data is beside it, expected a network with its weights in the one file (in "
                    + "torch.onnx.export: external_data=False)"
                : string.Empty;
            throw new FlowException(
                FlowErrorKind.BadFormat, $"{_path}: is no network that is read: {exception.Message.TrimEnd('.')}{hint}", exception);
        }
        finally
        {
            Release(Function.ReleaseSessionOptions, options);
        }
    }

    private (byte[] Name, int? Height, int? Width) ReadInput()
    {
        int count = (int)_runtime.Get(Function.SessionGetInputCount, _session);
        if (count != 1)
        {
            throw Refused($"takes {count} inputs, expected one, of pictures");
        }

        string name = _runtime.GetName(Function.SessionGetInputName, _session, 0);
        nint type = _runtime.Get(Function.SessionGetInputTypeInfo, _session, 0);
        try
        {
            nint tensor = _runtime.Get(Function.CastTypeInfoToTensorInfo, type);
            (string of, long[] sizes) = tensor == 0 ? ("no tensor", []) : ReadShape(tensor);
            return of == _types[FloatType] && sizes is [1 or < 1, Channels or < 1, _, _]
                ? (Terminated(name), Fixed(sizes[2]), Fixed(sizes[3]))
                : throw Refused(
                    $"its input {name} is {of} of ({string.Join(", ", sizes.Select(size => size < 1 ? "any" : $"{size}"))}), "
                    + "expected float32 of (1 or any, 3, height, width)");
        }
        finally
        {
            Release(Function.ReleaseTypeInfo, type);
        }

        static int? Fixed(long size) => size < 1 ? null : (int)size;
    }

    private (float[] Values, long[] Sizes) ReadResult(string output, nint result)
    {
        nint shape = _runtime.Get(Function.GetTensorTypeAndShape, result);
        try
        {
            (string type, long[] sizes) = ReadShape(shape);
            if (type != _types[FloatType])
            {
                throw Refused($"its output {output} is {type}, expected float32");
            }

            long length = sizes.Aggregate(1L, (product, size) => product * size);
            nint values = _runtime.Get(Function.GetTensorMutableData, result);
            return (new ReadOnlySpan<float>((void*)values, checked((int)length)).ToArray(), sizes);
        }
        finally
        {
            Release(Function.ReleaseTensorTypeAndShapeInfo, shape);
        }
    }

    /// <summary>The type and the sizes of a tensor; a size below 1 is any.</summary>
    private (string Type, long[] Sizes) ReadShape(nint tensor)
    {
        int type = (int)_runtime.Get(Function.GetTensorElementType, tensor);
        long[] sizes = new long[(int)_runtime.Get(Function.GetDimensionsCount, tensor)];
        fixed (long* to = sizes)
        {
            _runtime.Check(((delegate* unmanaged<nint, long*, nint, nint>)_runtime[Function.GetDimensions])(
                tensor, to, sizes.Length));
        }

        return ((uint)type < (uint)_types.Length ? _types[type] : $"of type {type}", sizes);
    }

    private FlowException Refused(string problem) => new(FlowErrorKind.BadFormat, $"{_path}: {problem}");

    private void Release(Function function, nint what)
    {
        if (what != 0)
        {
            _runtime.Release(function, what);
        }
    }
}
