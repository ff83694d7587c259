namespace FlowEngine.Data;

/// <summary>A cursor over the Python literal in a .npy header, of which only what NumPy writes is understood.</summary>
internal sealed class NpyHeaderText(string name, string text)
{
    private int _position;

    public bool TryTake(char expected)
    {
        SkipSpace();
        if (_position >= text.Length || text[_position] != expected)
        {
            return false;
        }

        _position++;
        return true;
    }

    public void Expect(char expected)
    {
        if (!TryTake(expected))
        {
            throw Malformed($"'{expected}'");
        }
    }

    public string TakeString()
    {
        SkipSpace();
        if (_position >= text.Length || text[_position] is not ('\'' or '"'))
        {
            throw Malformed("a quoted string");
        }

        int end = text.IndexOf(text[_position], _position + 1);
        if (end < 0)
        {
            throw Malformed("a closing quote");
        }

        string value = text[(_position + 1)..end];
        _position = end + 1;
        return value;
    }

    /// <summary>A quoted string, or the list of a structured type as it stands there.</summary>
    public string TakeElementType()
    {
        SkipSpace();
        if (_position >= text.Length || text[_position] != '[')
        {
            return TakeString();
        }

        int start = _position;
        for (int depth = 0; _position < text.Length; _position++)
        {
            depth += text[_position] switch
            {
                '[' => 1,
                ']' => -1,
                _ => 0,
            };
            if (depth == 0)
            {
                return "structured " + text[start..++_position];
            }
        }

        throw Malformed("a closing bracket");
    }

    public bool TakeBool() => TryTakeWord("True") || (TryTakeWord("False") ? false : throw Malformed("True or False"));

    public long[] TakeShape()
    {
        List<long> shape = [];
        Expect('(');
        while (!TryTake(')'))
        {
            shape.Add(TakeLength());
            if (!TryTake(','))
            {
                Expect(')');
                break;
            }
        }

        return [.. shape];
    }

    private long TakeLength()
    {
        SkipSpace();
        int start = _position;
        long length = 0;
        for (; _position < text.Length && char.IsAsciiDigit(text[_position]); _position++)
        {
            int digit = text[_position] - '0';
            length = length <= (long.MaxValue - digit) / 10
                ? length * 10 + digit
                : throw Malformed("an axis length below 2^63");
        }

        return _position > start ? length : throw Malformed("an axis length that is not negative");
    }

    private bool TryTakeWord(string word)
    {
        SkipSpace();
        if (string.CompareOrdinal(text, _position, word, 0, word.Length) != 0)
        {
            return false;
        }

        _position += word.Length;
        return true;
    }

    private void SkipSpace()
    {
        while (_position < text.Length && text[_position] is ' ' or '\n' or '\t')
        {
            _position++;
        }
    }

    private FlowException Malformed(string expected) =>
        DataFile.BadFormat(name, $"header is malformed at character {_position}, expected {expected}");
}
