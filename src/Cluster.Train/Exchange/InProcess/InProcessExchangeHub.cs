using System.Collections.Concurrent;
using Cluster.Train.Reduction;

namespace Cluster.Train.Exchange.InProcess;

/// <summary>Where the members of one process find each other: one group for each generation of each job.</summary>
internal sealed class InProcessExchangeHub
{
    private readonly ConcurrentDictionary<(string Job, int Generation), Lazy<InProcessGroup>> _groups = new();

    /// <summary>Joins the group of a generation.</summary>
    /// <param name="roster">The generation, the same for all members.</param>
    /// <param name="rank">The caller's rank.</param>
    /// <param name="owner">The caller's slice; null where it owns none.</param>
    /// <param name="patience">How long a member waits for the others within a step.</param>
    public TensorExchange Join(ExchangeRoster roster, int rank, SliceOwner? owner, StepPatience patience)
    {
        var key = (roster.Job, roster.Generation);
        var group = _groups.GetOrAdd(key, _ => new Lazy<InProcessGroup>(() => new InProcessGroup(roster, patience))).Value;
        return new InProcessExchange(group, rank, owner, () => _groups.TryRemove(key, out _));
    }
}
