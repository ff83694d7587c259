namespace FlowEngine.Data;

/// <summary>The labels of rows that come one after another: a text for each class, not for each row.</summary>
internal sealed class LabelTexts
{
    private readonly List<string> _labels = [];
    private readonly Dictionary<string, string> _texts = [];

    /// <summary>Appends the label of a row.</summary>
    public void Add(string label)
    {
        if (!_texts.TryGetValue(label, out string? same))
        {
            _texts.Add(label, same = label);
        }

        _labels.Add(same);
    }

    /// <summary>All labels, as numbers or classes.</summary>
    public ClassLabels ToClasses() => ClassLabels.Of(_labels);
}
