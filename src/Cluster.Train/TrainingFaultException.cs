namespace Cluster.Train;

/// <summary>
/// The run cannot go on, and not because of what the user typed: a loss that is not finite, an exception in a task's
/// callback, a member that does not answer. The message is one line that says what happened and where
/// (step, shard, worker). The program prints it and ends with exit code 1.
/// </summary>
public sealed class TrainingFaultException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and where, in one line.</param>
    public TrainingFaultException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and where, in one line.</param>
    /// <param name="innerException">The exception that ended the run.</param>
    public TrainingFaultException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Whether only this coordinator was ended, from outside: the job may go on under another one.</summary>
    internal bool IsOfCoordinatorAlone { get; private init; }

    /// <summary>The coordinator was ended from outside.</summary>
    internal static TrainingFaultException CoordinatorStopped() => new("the coordinator was stopped before the job was done") { IsOfCoordinatorAlone = true };
}
