namespace Cluster.Train.Exchange.Peers;

/// <summary>
/// Which generations' members this process answers as a whole: whoever asks for snapshots or watches it calls no single
/// member, and may come before the members here have joined the generation or after they have left it. The
/// last two generations of each job are admitted: while one is set up, the state of the one before is fetched.
/// </summary>
internal sealed class GenerationAdmissions
{
    private const int Kept = 2;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<GenerationAdmission>> _byJob = [];
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Admits a generation's members and its coordinator; the oldest of three generations is over then.</summary>
    internal void Admit(ExchangeRoster roster)
    {
        var admission = new GenerationAdmission(roster);
        lock (_gate)
        {
            if (!_byJob.TryGetValue(admission.JobHash, out var admitted))
            {
                _byJob[admission.JobHash] = admitted = [];
            }

            if (admitted.Exists(other => other.IsSameAs(admission)))
            {
                return;
            }

            // By time, not by number: a job that is started anew counts from 1 again.
            admitted.Add(admission);
            if (admitted.FindIndex(other => other != admission && other.Generation == admission.Generation) is >= 0 and var same)
            {
                End(admitted, same);
            }
            else if (admitted.Count > Kept)
            {
                End(admitted, 0);
            }

            _changed.SetResult();
            _changed = NewSignal();
        }
    }

    /// <summary>The admission of a caller, when it is there.</summary>
    /// <exception cref="RefusedException">The generation is over here, or the caller can be no member of it.</exception>
    /// <exception cref="OperationCanceledException">The generation was not admitted before the deadline.</exception>
    internal async Task<GenerationAdmission> FindAsync(Hello hello, CancellationToken deadline)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_byJob.TryGetValue(hello.JobHash, out var admitted))
                {
                    if (admitted.Find(admission => admission.Generation == hello.Generation) is { } found)
                    {
                        found.Check(hello);
                        return found;
                    }

                    if (admitted.Count == Kept && admitted.TrueForAll(admission => admission.Generation > hello.Generation))
                    {
                        throw new RefusedException(
                            Refusal.Stale, Invariant($"rank {hello.From} of generation {hello.Generation}, which is over, calls; the newest is {admitted[^1].Generation}"));
                    }
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(deadline).ConfigureAwait(false);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void End(List<GenerationAdmission> admitted, int index)
    {
        admitted[index].End();
        admitted.RemoveAt(index);
    }
}

/// <summary>A generation whose members and coordinator are answered.</summary>
#pragma warning disable CA1001 // Its token outlives it in the connections that it admitted; there is no timer behind it to free.
internal sealed class GenerationAdmission : ICallee
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _over = new();
    private readonly int _members;

    internal GenerationAdmission(ExchangeRoster roster)
    {
        JobHash = Hello.HashOf(roster.Job);
        Generation = roster.Generation;
        Secret = MemberConnections.SecretOf(roster);
        _members = roster.Members.Length;
    }

    internal string JobHash { get; }

    internal int Generation { get; }

    /// <inheritdoc/>
    public byte[] Secret { get; }

    /// <summary>Cancelled when the generation is admitted no more.</summary>
    internal CancellationToken Over => _over.Token;

    internal bool IsSameAs(GenerationAdmission other) => Generation == other.Generation && Secret.AsSpan().SequenceEqual(other.Secret);

    /// <summary>Checks that a caller can belong to the generation: as a member, or as the coordinator that is none and has the rank after the last.</summary>
    /// <exception cref="RefusedException">It cannot.</exception>
    internal void Check(Hello hello)
    {
        if (hello.From < 0 || hello.From > _members || hello.To != Hello.WholeProcess)
        {
            throw new RefusedException(Refusal.Member, Invariant($"rank {hello.From} is no member of generation {Generation}"));
        }
    }

    // Not on this thread: the connections' continuations would run inside the caller's.
    internal void End() => _ = _over.CancelAsync();
}
