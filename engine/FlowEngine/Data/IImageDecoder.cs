namespace FlowEngine.Data;

/// <summary>Reads pictures in formats beside the engine's own PNG, PPM and PGM, and resizes pictures.</summary>
/// <remarks>The package FlowEngine.Imaging has one. Members are called from several threads at once.</remarks>
public interface IImageDecoder
{
    /// <summary>The endings of its files, as ".jpg", in lower case. Its own go before the engine's.</summary>
    IReadOnlyList<string> Endings { get; }

    /// <summary>Reads a picture upright, of several frames the first; transparency is dropped.</summary>
    /// <param name="file">A whole file.</param>
    /// <param name="name">What error messages call it.</param>
    /// <returns>The picture, of 1 channel where its file is of grey levels, else of 3.</returns>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.BadFormat"/>: it is damaged, foreign, or of more pixels than
    /// are read, which its header decides.</exception>
    Image Decode(byte[] file, string name);

    /// <summary>Resizes a picture by the triangle filter: bilinear, with antialiasing where it shrinks.</summary>
    /// <param name="picture">Of 1 or 3 channels.</param>
    /// <param name="height">New rows, at least 1.</param>
    /// <param name="width">New columns, at least 1.</param>
    Image Resize(Image picture, int height, int width);
}
