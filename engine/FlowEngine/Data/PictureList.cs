namespace FlowEngine.Data;

/// <summary>The pictures of a set, or of a part of it, before any is read.</summary>
/// <param name="Files">Their names, in order.</param>
/// <param name="Labels">One a picture; null where the source has none.</param>
/// <param name="ClassNames">What a label k is called; null where labels are numbers.</param>
/// <param name="Notes">What was passed over, one line each.</param>
internal sealed record PictureList(
    IReadOnlyList<string> Files, int[]? Labels, IReadOnlyList<string>? ClassNames, IReadOnlyList<string> Notes);
