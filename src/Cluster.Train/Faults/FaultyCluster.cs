using Akka.Actor;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Network;
using Cluster.Train.Running;

namespace Cluster.Train.Faults;

/// <summary>
/// Real coordinators and workers of a run under faults: what the others notice when a process ends, stands still or is
/// cut off, and what comes in its place. Safe for use by several threads.
/// </summary>
internal sealed class FaultyCluster : IAsyncDisposable
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Lock _observing = new();
    private readonly FaultInjector _faults;
    private readonly FaultyTrainingSettings _settings;
    private readonly IJobObserver _observer;
    private readonly FaultyNodes _nodes;
    private readonly List<FaultyProcess> _processes = [];
    private readonly FaultyConnections _connections = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource<JobOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FaultyProcess? _coordinator;
    private bool _stopping;

    internal FaultyCluster(TrainingOptions options, FaultInjector faults, FaultyTrainingSettings settings, IJobObserver observer)
    {
        (_faults, _settings, _observer) = (faults, settings, observer);
        _nodes = new FaultyNodes(this, options, settings);
        GiveUpAfter = settings.GiveUpAfter ?? options.StepTimeout;
    }

    /// <summary>Completes with the outcome that a coordinator reached, or with why the run could not go on.</summary>
    internal Task<JobOutcome> Outcome => _outcome.Task;

    /// <summary>Why tensors of several members went over TCP although they were to share memory; null where they did not.</summary>
    internal string? NotShared { get; private set; }

    private TimeSpan GiveUpAfter { get; }

    /// <summary>Whether a fault strikes a process as a whole, and not a message.</summary>
    internal static bool OfProcess(FaultAction action) => action is FaultAction.Fail or FaultAction.Hang or FaultAction.Cut;

    internal void Start(IEnumerable<string> workers)
    {
        StartCoordinator(former: null);
        foreach (var name in workers)
        {
            StartWorker(name);
        }
    }

    /// <summary>Ends the run at the next step boundary.</summary>
    internal void Stop()
    {
        lock (_gate)
        {
            _stopping = true;
            _coordinator?.Actor.Tell(FaultyNodes.StopJob);
        }
    }

    /// <summary>The fault that strikes a process here, if one is due; the observer is told.</summary>
    internal PlannedFault? Take(FaultyProcess process, FaultPhase phase, long step, Predicate<FaultAction>? can = null)
    {
        if (!process.Alive || _faults.Take(process.Name, phase, step, can ?? (_ => true)) is not { } fault)
        {
            return null;
        }

        Tell(process, observer => observer.OnNotice($"fault: {fault}"));
        return fault;
    }

    /// <summary>Tells the observer something, one call at a time, and not of a coordinator that has ended.</summary>
    internal void Tell(FaultyProcess process, Action<IJobObserver> tell)
    {
        lock (_observing)
        {
            if (process.Alive)
            {
                tell(_observer);
            }
        }
    }

    /// <summary>Does something later, unless the run is over by then; never where the delay is infinite.</summary>
    internal void After(TimeSpan delay, Action action) => _ = DoAfterAsync(delay, () =>
    {
        action();
        return Task.CompletedTask;
    });

    internal FaultyProcess? Find(string endpoint)
    {
        lock (_gate)
        {
            return _processes.Find(process => process.Endpoint == endpoint);
        }
    }

    /// <summary>A process ends: its memory is lost, and another of its name comes.</summary>
    internal void Fail(FaultyProcess process)
    {
        if (!Ends(process))
        {
            return;
        }

        if (IsCoordinator(process))
        {
            _ = DoAfterAsync(_settings.RestartAfter, () => SucceedAsync(process));
        }
        else
        {
            After(_settings.RestartAfter, () => StartWorker(process.Name));
        }
    }

    /// <summary>A process does not answer: after a time, the others give it up.</summary>
    internal void Unresponsive(FaultyProcess process) => After(GiveUpAfter, () =>
    {
        if (!process.Alive || process.Responds)
        {
            return;
        }

        _connections.GiveUp(process);
        if (IsCoordinator(process) && Ends(process))
        {
            _ = DoAfterAsync(TimeSpan.Zero, () => SucceedAsync(process));
        }
    });

    /// <summary>A member has taken its place in an exchange.</summary>
    internal void Joined(NetworkExchange exchange, ExchangeRoster roster)
    {
        if (_settings.SharesMemory && roster.Members.Length > 1 && exchange.NotShared is { } reason)
        {
            NotShared = reason;
        }
    }

    /// <summary>Whoever watches a process that was cut off, or is watched by it, loses it.</summary>
    internal void ConnectionsClosed(FaultyProcess process) => _connections.Closed(process);

    /// <summary>Notes that a process watches others.</summary>
    /// <returns>Ends that.</returns>
    internal IDisposable Watch(FaultyProcess by, ExchangeRoster roster, Action<PeerLoss> lost) => _connections.Watch(by, roster, lost);

    /// <summary>What a worker says to whoever coordinates: it takes the connection to the coordinator of the moment.</summary>
    internal void Route(FaultyProcess worker, object message)
    {
        ControlLink link;
        lock (_gate)
        {
            if (_coordinator is not { } coordinator || worker.Hangs || !worker.Reaches(coordinator))
            {
                return;
            }

            link = _connections.Between(worker, coordinator, () => new ControlLink(this, worker, coordinator, _nodes.Start));
        }

        link.CoordinatorFace.Tell(message);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        FaultyProcess[] processes;
        lock (_gate)
        {
            processes = [.. _processes];
        }

        Array.ForEach(processes, process => Ends(process));
        await _nodes.DisposeAsync().ConfigureAwait(false);
        try
        {
            await Task.WhenAll(processes.Select(process => process.Gone)).WaitAsync(EndTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A task that hangs keeps its thread, which does not keep the process; why the run ended is said already.
        }

        _ended.Dispose();
    }

    private static bool IsCoordinator(FaultyProcess process) => process.Name == PlannedFault.Coordinator;

    private void StartWorker(string name)
    {
        lock (_gate)
        {
            if (!_ended.IsCancellationRequested)
            {
                _processes.Add(_nodes.StartWorker(name));
            }
        }
    }

    private void StartCoordinator(FaultyProcess? former)
    {
        lock (_gate)
        {
            if (_ended.IsCancellationRequested)
            {
                return;
            }

            _coordinator = _nodes.StartCoordinator(isSuccessor: former is not null, out var ended);
            _processes.Add(_coordinator);
            _ = ConcludeAsync(_coordinator, ended);
            if (_stopping)
            {
                _coordinator.Actor.Tell(FaultyNodes.StopJob);
            }
        }
    }

    /// <summary>A successor takes what the former coordinator had to itself: the checkpoints and the journal.</summary>
    private async Task SucceedAsync(FaultyProcess former)
    {
        await former.Gone.ConfigureAwait(false);
        StartCoordinator(former);
    }

    private async Task ConcludeAsync(FaultyProcess coordinator, Task<JobOutcome> ended)
    {
        try
        {
            var outcome = await ended.ConfigureAwait(false);
            if (coordinator.Alive)
            {
                _outcome.TrySetResult(outcome);
            }
        }
        catch (Exception error) when (coordinator.Alive)
        {
            _outcome.TrySetException(error);
        }
        catch
        {
            // It was ended by a fault: its successor has the last word.
        }
    }

    private bool Ends(FaultyProcess process)
    {
        if (!process.TryEnd())
        {
            return false;
        }

        _nodes.Stop(process.Actor);
        return true;
    }

    private async Task DoAfterAsync(TimeSpan delay, Func<Task> action)
    {
        try
        {
            await Task.Delay(delay, _ended.Token).ConfigureAwait(false);
            await action().ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException && _outcome.Task.IsCompleted)
        {
            // The run is over.
        }
        catch (Exception error)
        {
            _outcome.TrySetException(error);
        }
    }
}
