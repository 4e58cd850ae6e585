namespace Cluster.Train.Machine;

/// <summary>Starts threads that do not keep the process, and says in plain words where the system gives none.</summary>
internal static class WorkThread
{
    /// <summary>Starts one.</summary>
    /// <param name="name">Its name, as debuggers and the system show it.</param>
    /// <param name="work">What it does.</param>
    /// <exception cref="TrainingFaultException">The system gives this process no more threads.</exception>
    internal static Thread Start(string name, ThreadStart work)
    {
        var thread = new Thread(work) { IsBackground = true, Name = name };
        try
        {
            thread.Start();
            return thread;
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            var limit = ProcessLimits.Threads() is { } found ? $": the limit is {found.Name}" : "";
            throw new TrainingFaultException($"the system gives this process no thread for '{name}'{limit}; take fewer workers, or raise the limit", exception);
        }
    }
}
