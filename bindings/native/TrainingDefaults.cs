using FlowEngine.Settings;
using FlowEngine.Training;

namespace FlowEngine.Native;

/// <summary>
/// <c>flow_trainer_options</c>: after its size a field for each of <see cref="TrainerOptions.Settings"/>, in their order,
/// each on a multiple of its own length as C lays a struct out.
/// </summary>
internal static unsafe class TrainingDefaults
{
    private const int FirstSize = 104;
    private const int Alignment = sizeof(long);

    private static readonly int _size = AlignUp(
        TrainerOptions.Settings.Aggregate(sizeof(uint), (offset, setting) =>
            AlignUp(offset, setting.NativeLength) + setting.NativeLength),
        Alignment);

    /// <summary>Fills the gaps with the defaults of the model's data; NULL is all gaps.</summary>
    /// <param name="given">The struct.</param>
    /// <param name="isContinuous">True for rows of a table, false for images in grey levels.</param>
    public static TrainerOptions Complete(byte* given, bool isContinuous)
    {
        TrainerOptions training = TrainerOptions.Default(isContinuous);
        if (given is null)
        {
            return training;
        }

        uint size = Check.Size(given, FirstSize, _size, "options");
        int offset = sizeof(uint);
        foreach (Setting setting in TrainerOptions.Settings)
        {
            int length = setting.NativeLength;
            offset = AlignUp(offset, length);
            if (offset + length > size)
            {
                break;
            }

            if (setting.ReadNative(new ReadOnlySpan<byte>(given + offset, length)) is object value)
            {
                training = (TrainerOptions)setting.With(training, value);
            }

            offset += length;
        }

        return training;
    }

    private static int AlignUp(int offset, int alignment) => (offset + alignment - 1) / alignment * alignment;
}
