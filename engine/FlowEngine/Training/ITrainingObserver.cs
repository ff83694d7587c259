namespace FlowEngine.Training;

/// <summary>Is told how a training run goes, on the thread that trains.</summary>
public interface ITrainingObserver
{
    /// <summary>After every update, or after several whose losses are read together.</summary>
    /// <param name="progress">Where the run stands.</param>
    void Stepped(in TrainingProgress progress);

    /// <summary>After a line of metrics was written.</summary>
    /// <param name="metrics">The line.</param>
    void Recorded(RunMetrics metrics);

    /// <summary>What the run decided, or does next where that takes a while.</summary>
    /// <param name="message">One line.</param>
    void Noted(string message);

    /// <summary>Something a user should know of.</summary>
    /// <param name="message">One line.</param>
    void Warned(string message);
}
