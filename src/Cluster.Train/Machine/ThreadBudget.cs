namespace Cluster.Train.Machine;

/// <summary>How many threads a run takes, so that one that cannot have them is refused before it begins. Pure.</summary>
internal static class ThreadBudget
{
    /// <summary>A worker's own: what computes, what reads its batches, what reads those of evaluations, what keeps its snapshots.</summary>
    private const int OfWorker = 4;

    /// <summary>What a run has beside its workers: the coordinator, its slice, actors, checkpoints, journal, display, and the runtime's own; counted: 19 to 24.</summary>
    private const int OfRun = 26;

    /// <summary>A node of a cluster with its worker or its coordinator; counted: 30 to 34.</summary>
    private const int OfNode = 36;

    /// <summary>Threads of a run with all workers in this process.</summary>
    /// <param name="workers">How many there are.</param>
    /// <param name="threads">Threads of libtorch for each of them; the first is the worker's own.</param>
    internal static long Needed(int workers, int threads) => OfRun + Of(workers, threads);

    /// <summary>Refuses a run that would end with the first thread that the system does not give.</summary>
    /// <param name="workers">How many workers there are in this process.</param>
    /// <param name="threads">Threads of libtorch for each of them.</param>
    /// <param name="present">Threads that the process has already.</param>
    /// <param name="limit">How many more it can have; null for no limit.</param>
    /// <exception cref="BadInputException">It cannot have as many; names the limit.</exception>
    internal static void Check(int workers, int threads, int present, ResourceLimit? limit)
    {
        var needed = Needed(workers, threads);
        if (limit is null || needed - present <= limit.Left) return;
        var each = OfWorker + threads - 1;
        var fit = (limit.Left + present - OfRun) / each;
        throw new BadInputException(
            Invariant($"--workers is {workers}, which takes about {needed:N0} threads ({each} for each worker, {OfRun} besides), but this process can have only {limit.Left:N0} more: the limit is {limit.Name}; ")
            + (fit >= 1 ? Invariant($"give --workers {Math.Min(fit, workers - 1)} or fewer, or raise the limit") : "raise the limit"));
    }

    /// <summary>Refuses a node that could not start what it consists of, and would stand still half-made.</summary>
    /// <param name="present">Threads that the process has already.</param>
    /// <param name="limit">How many more it can have; null for no limit.</param>
    /// <exception cref="BadInputException">It cannot have as many; names the limit.</exception>
    internal static void CheckNode(int present, ResourceLimit? limit)
    {
        if (limit is null || OfNode - present <= limit.Left) return;
        throw new BadInputException(
            Invariant($"a node takes about {OfNode} threads, but this process can have only {limit.Left:N0} more: the limit is {limit.Name}; raise the limit"));
    }

    private static long Of(int workers, int threads) => (long)workers * (OfWorker + threads - 1);
}
