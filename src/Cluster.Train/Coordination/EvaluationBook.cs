using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>Which members of a generation are evaluating, and how far they are. Pure.</summary>
internal sealed class EvaluationBook
{
    private readonly SortedDictionary<string, EvaluationProgress> _running = new(StringComparer.Ordinal);

    /// <summary>Notes how far a member is.</summary>
    /// <returns>Whether it has come further: the same word again is no sign of life.</returns>
    internal bool Note(EvaluationProgress progress)
    {
        var moves = !_running.TryGetValue(progress.WorkerId, out var before)
            || progress.CompletedSteps > before.CompletedSteps
            || (progress.CompletedSteps == before.CompletedSteps && progress.Batches > before.Batches);
        if (moves)
        {
            _running[progress.WorkerId] = progress;
        }

        return moves;
    }

    /// <summary>A member has reported its part of the evaluation after some steps.</summary>
    internal void Finish(string workerId, long completedSteps)
    {
        if (_running.TryGetValue(workerId, out var progress) && progress.CompletedSteps <= completedSteps)
        {
            _running.Remove(workerId);
        }
    }

    /// <summary>What is said where nothing has come for too long; null where nobody evaluates.</summary>
    /// <param name="name">A worker's name.</param>
    /// <param name="timeout">How long nothing has come.</param>
    internal string? StandsStill(Func<string, string> name, TimeSpan timeout)
    {
        if (_running.Count == 0)
        {
            return null;
        }

        var step = _running.Values.Min(progress => progress.CompletedSteps);
        var members = _running.Values
            .Where(progress => progress.CompletedSteps == step)
            .Select(progress => Invariant($"{name(progress.WorkerId)}, which has done {progress.Batches} of {progress.Total} batches"));
        return Invariant(
            $"the evaluation after step {step} stands still: no batch was done in {timeout.TotalSeconds:0} s; waiting for {string.Join("; ", members)}");
    }
}
