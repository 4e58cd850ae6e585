using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>The leases that are out in one generation, and who has completed them. Pure.</summary>
/// <param name="members">Worker ids of all members, the coordinator's empty one among them where it owns a slice.</param>
/// <param name="firstStep">The generation's first step.</param>
internal sealed class LeaseBook(IEnumerable<string> members, long firstStep)
{
    private readonly Queue<StepLease> _out = new();
    private readonly Dictionary<string, int> _completed = members.ToDictionary(member => member, _ => 0);
    private int _done;
    private int _ahead;

    /// <summary>The first step of the next lease.</summary>
    internal long Next { get; private set; } = firstStep;

    /// <summary>Steps of the last lease given out.</summary>
    internal long LastLength { get; private set; }

    /// <summary>One past the last step of the newest lease that all members have completed; the first step before there is one.</summary>
    internal long Done { get; private set; } = firstStep;

    /// <summary>How many leases are out.</summary>
    internal int Outstanding => _out.Count;

    /// <summary>The members that have not completed the oldest lease.</summary>
    internal IEnumerable<string> Behind => _completed.Where(pair => pair.Value <= _done).Select(pair => pair.Key);

    /// <summary>Notes a lease that goes out.</summary>
    internal void Give(StepLease lease)
    {
        _out.Enqueue(lease);
        Next = lease.End;
        LastLength = lease.Steps;
    }

    /// <summary>Notes a completion. Leases are done in order, so those before are complete as well, even if those messages were lost.</summary>
    /// <returns>Whether everybody has completed the oldest lease with it.</returns>
    internal bool Complete(LeaseCompleted completed)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_completed, completed.WorkerId);
        if (Unsafe.IsNullRef(ref count))
        {
            return false;
        }

        var (before, number) = (count, _done);
        foreach (var lease in _out)
        {
            // In order, from the first that is not counted yet.
            if (number++ == count && lease.End <= completed.CompletedSteps)
            {
                count++;
            }
        }

        // A running count: a look at all members at each message would cost their square for each lease.
        if (before == _done && count > _done)
        {
            _ahead++;
        }

        if (_ahead < _completed.Count)
        {
            return false;
        }

        while (_ahead == _completed.Count)
        {
            _done++;
            Done = _out.Dequeue().End;
            _ahead = _completed.Values.Count(value => value > _done);
        }

        return true;
    }
}
