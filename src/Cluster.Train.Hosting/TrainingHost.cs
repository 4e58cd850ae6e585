using Cluster.Train.Hosting.Surroundings;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting;

/// <summary>
/// Makes an executable out of training tasks: the command line with all its verbs, progress, summary and plot files,
/// and the exit code.
/// </summary>
/// <example>
/// <code>
/// return await TrainingHost.RunAsync(args, new SpiralTask());
/// </code>
/// </example>
public static class TrainingHost
{
    /// <summary>Carries out one command line.</summary>
    /// <param name="args">The process's arguments: a verb, then its options; <c>--help</c> lists them.</param>
    /// <param name="tasks">What can be trained; the first is the default. At least one, each with its own name.</param>
    /// <returns>
    /// The exit code: 0 done, 1 fault, 2 bad input (one line on standard error says what to mend), 130 stopped by
    /// Ctrl-C, 143 by SIGTERM, 129 by SIGHUP, 131 by SIGQUIT. A run whose output could not be written, to a full disk for
    /// example, was done all the same and ends with 1.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// A mistake in the tasks themselves: none at all, two of one name, a name that cannot be typed, an option that
    /// every task has already.
    /// </exception>
    public static Task<int> RunAsync(string[] args, params ITrainingTask[] tasks) => RunAsync(args, observer: null, tasks);

    /// <summary>Carries out one command line, and tells an observer how the job goes that this process coordinates.</summary>
    /// <param name="args">The process's arguments.</param>
    /// <param name="observer">
    /// Is told on a thread of its own (<see cref="ObserverThread"/>): in <c>train</c>, and on the coordinator that is active; never on
    /// a worker, or on a coordinator that stands by. What it throws is told once, as a notice; one that hangs is waited for at the end
    /// for <see cref="ObserverThread.EndPatience"/> and then named. Null for nobody.
    /// </param>
    /// <param name="tasks">What can be trained; the first is the default.</param>
    /// <returns>The exit code, as above.</returns>
    /// <exception cref="ArgumentException">A mistake in the tasks themselves.</exception>
    public static Task<int> RunAsync(string[] args, IJobObserver? observer, params ITrainingTask[] tasks)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(tasks);
        QuietThreadPool.Prepare();
        return new HostProgram(HostContext.OfProcess() with { Observer = observer }, tasks).RunAsync(args);
    }
}
