namespace Cluster.Train.Exchange.Peers;

/// <summary>
/// Which generations the members of this process take part in. Members learn of a new generation at different moments,
/// so a caller may come before the member is there and waits; a caller of a generation that is over is refused.
/// </summary>
internal sealed class GenerationTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string JobHash, int Generation, int Rank), MemberConnections> _members = [];
    private readonly Dictionary<string, NewestGeneration> _newest = [];
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Opens a member's connections.</summary>
    /// <exception cref="InvalidOperationException">It is taken.</exception>
    internal MemberConnections Register(ExchangeRoster roster, int rank)
    {
        var member = new MemberConnections(roster, rank, Remove);
        lock (_gate)
        {
            if (!_members.TryAdd(KeyOf(member), member))
            {
                throw new InvalidOperationException(Invariant($"rank {rank} of generation {roster.Generation} has joined already"));
            }

            if (!_newest.TryGetValue(member.JobHash, out var newest) || newest.Generation < roster.Generation)
            {
                _newest[member.JobHash] = new NewestGeneration(roster.Generation);
            }

            _changed.SetResult();
            _changed = NewSignal();
        }

        return member;
    }

    /// <summary>The member that a caller wants, when it is there.</summary>
    /// <exception cref="RefusedException">The generation is over here, or the caller is no member of it.</exception>
    /// <exception cref="OperationCanceledException">The member was not there before the deadline.</exception>
    internal async Task<MemberConnections> FindAsync(Hello hello, CancellationToken deadline)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_members.TryGetValue((hello.JobHash, hello.Generation, hello.To), out var member))
                {
                    member.Check(hello);
                    return member;
                }

                if (_newest.TryGetValue(hello.JobHash, out var newest) && newest.IsOver(hello))
                {
                    throw new RefusedException(
                        Refusal.Stale, Invariant($"rank {hello.From} calls rank {hello.To} of generation {hello.Generation}, which is over; the newest is {newest.Generation}"));
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(deadline).ConfigureAwait(false);
        }
    }

    private static (string JobHash, int Generation, int Rank) KeyOf(MemberConnections member) => (member.JobHash, member.Roster.Generation, member.Rank);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Remove(MemberConnections member)
    {
        lock (_gate)
        {
            if (_members.Remove(KeyOf(member)) && _newest[member.JobHash] is var newest && newest.Generation == member.Roster.Generation)
            {
                newest.LeftRanks.Add(member.Rank);
            }
        }
    }

    /// <summary>The newest generation of a job that a member of this process has joined, and who has left it.</summary>
    private sealed record NewestGeneration(int Generation)
    {
        internal HashSet<int> LeftRanks { get; } = [];

        internal bool IsOver(Hello hello) =>
            hello.Generation < Generation || (hello.Generation == Generation && LeftRanks.Contains(hello.To));
    }
}
