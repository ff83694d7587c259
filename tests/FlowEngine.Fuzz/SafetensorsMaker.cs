using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace FlowEngine.Fuzz;

/// <summary>Makes safetensors files like some that are sound; the configuration in the metadata is damaged as JSON, too.</summary>
internal sealed class SafetensorsMaker
{
    private const int PrefixLength = 8;
    private const string ConfigMark = "\"CONFIG\"";

    private readonly TokenText _headers;
    private readonly TokenText _configs;
    private readonly byte[][] _data;
    private readonly Output _config = new();

    /// <summary>Takes sound files apart.</summary>
    public SafetensorsMaker(params byte[][] files)
    {
        (string Header, string Config)[] parts = [.. files.Select(Split)];
        _headers = new TokenText([.. parts.Select(part => part.Header)]);
        _configs = new TokenText([.. parts.Select(part => part.Config)]);
        _data = [.. files.Select(file => file[(PrefixLength + (int)BinaryPrimitives.ReadInt64LittleEndian(file))..])];
    }

    /// <summary>Writes a file.</summary>
    public void Write(Dice dice, Output output)
    {
        int which = dice.Below(_data.Length);
        output.Take(PrefixLength);
        _headers.Write(dice, which, dice.OneIn(2) ? dice.Below(4) : 0, output);
        int mark = output.Span.IndexOf(Encoding.ASCII.GetBytes(ConfigMark));
        if (mark >= 0)
        {
            _config.Cut();
            _config.Add((byte)'"');
            int start = _config.Length;
            _configs.Write(dice, which, dice.OneIn(2) ? dice.Below(4) : 0, _config);
            Escape(_config, start);
            _config.Add((byte)'"');
            output.Replace(mark, ConfigMark.Length, _config.Span);
        }

        int length = output.Length - PrefixLength;
        output.Add(_data[which]);
        if (dice.OneIn(4) && _data[which].Length > 0)
        {
            Span<byte> data = output.Span[^_data[which].Length..];
            for (int i = dice.Below(8); i >= 0; i--)
            {
                data[dice.Below(data.Length)] = dice.Pick((ReadOnlySpan<byte>)[0, 0x3F, 0x7F, 0x80, 0xFF, 1]);
            }
        }

        BinaryPrimitives.WriteInt64LittleEndian(output.Span, dice.OneIn(40) ? dice.Odd() : length);
        if (dice.OneIn(16))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    /// <summary>The header with a mark for the configuration and without the checksum, and the configuration.</summary>
    private static (string Header, string Config) Split(byte[] file)
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using JsonDocument document = JsonDocument.Parse(file.AsMemory(PrefixLength, length));
        string config = string.Empty;
        List<string> members = [];
        foreach (JsonProperty member in document.RootElement.EnumerateObject())
        {
            string value = member.Value.GetRawText();
            if (member.Name == "__metadata__" && member.Value.TryGetProperty("config", out JsonElement text))
            {
                config = text.GetString()!;
                value = $$"""{"format_version":"1","config":{{ConfigMark}}}""";
            }

            members.Add($"\"{member.Name}\":{value}");
        }

        return ($"{{{string.Join(',', members)}}}", config);
    }

    /// <summary>Makes a text the inside of a JSON string.</summary>
    private static void Escape(Output text, int start)
    {
        for (int i = start; i < text.Length; i++)
        {
            byte value = text.Span[i];
            if (value is (byte)'"' or (byte)'\\')
            {
                text.Replace(i, 0, "\\"u8);
                i++;
            }
            else if (value < ' ')
            {
                text.Replace(i, 1, Encoding.ASCII.GetBytes($"\\u{value:x4}"));
                i += 5;
            }
        }
    }
}
