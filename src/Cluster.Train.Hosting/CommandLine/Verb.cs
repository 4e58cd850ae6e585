using Cluster.Train.Hosting.Surroundings;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.CommandLine;

/// <summary>One of the things that the program does: <c>train</c>, <c>evaluate</c>, …</summary>
/// <param name="Name">The word on the command line.</param>
/// <param name="Description">One sentence for help.</param>
/// <param name="Options">The options it has; only such as it uses.</param>
/// <param name="Run">Does it; returns the exit code.</param>
internal sealed record Verb(string Name, string Description, IReadOnlyList<OptionSpec> Options, Func<Invocation, Task<int>> Run)
{
    /// <summary>What its help says beside that one sentence; null for nothing.</summary>
    public string? Explanation { get; init; }

    /// <summary>Whether a task's name may follow.</summary>
    public bool TakesTask { get; init; }

    /// <summary>Whether it is of use only to the program itself, and so left out of help and advice.</summary>
    public bool Hidden { get; init; }

    /// <summary>Whether the task's own options may be given.</summary>
    public bool TakesTaskOptions { get; init; }

    /// <summary>All options when this task is named.</summary>
    public IEnumerable<OptionSpec> OptionsFor(ITrainingTask task) => TakesTaskOptions ? [.. TaskOptions.Of(task), .. Options] : Options;
}

/// <summary>A verb with what was typed for it.</summary>
/// <param name="Host">The surroundings.</param>
/// <param name="Values">Values of the options; the task is with them.</param>
internal sealed record Invocation(HostContext Host, OptionValues Values)
{
    /// <summary>Whether a task was named.</summary>
    public bool NamesTask { get; init; }

    /// <summary>The task that was named, or the first.</summary>
    public ITrainingTask Task => Values.Task;
}
