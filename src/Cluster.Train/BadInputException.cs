namespace Cluster.Train;

/// <summary>
/// Something the user gave cannot be used: an option, a file, a task's answer. The message is one line that says
/// what is wrong, where, and what to do. The program prints it as it stands and ends with exit code 2.
/// </summary>
public sealed class BadInputException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and what to do, in one line.</param>
    public BadInputException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, where, and what to do, in one line.</param>
    /// <param name="innerException">What reported it first.</param>
    public BadInputException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
