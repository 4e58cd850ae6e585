using Akka.Actor;
using Cluster.Train.Exchange;

namespace Cluster.Train.Faults;

/// <summary>
/// What stands for a process in a run under faults: an actor, the threads behind it and a network of its own. It can
/// end, stand still for a time, or be cut off from the others. Safe for use by several threads.
/// </summary>
internal sealed class FaultyProcess(FaultyCluster cluster, string name)
{
    private readonly object _gate = new();
    private readonly List<FaultyExchange> _exchanges = [];
    private readonly Queue<Action> _held = new();
    private IDisposable? _network;
    private IAsyncDisposable? _runtime;
    private bool _alive = true;
    private bool _hangs;
    private bool _isCut;
    private long _step;

    /// <summary>The name that fault plans use: kept by a process that comes in its place.</summary>
    internal string Name { get; } = name;

    internal IActorRef Actor { get; set; } = ActorRefs.Nobody;

    internal string Endpoint { get; private set; } = "";

    internal bool Alive => Volatile.Read(ref _alive);

    internal bool Hangs => Volatile.Read(ref _hangs);

    internal bool IsCut => Volatile.Read(ref _isCut);

    internal bool Responds => Alive && !Hangs && !IsCut;

    /// <summary>The newest step that it was seen at: faults of messages without a step go by it.</summary>
    internal long Step => Interlocked.Read(ref _step);

    /// <summary>Completes when a process that has ended has freed what it held.</summary>
    internal Task Gone { get; private set; } = Task.CompletedTask;

    /// <summary>Takes what ends with the process.</summary>
    internal void Own(FaultyNetwork network, IAsyncDisposable runtime) => (_network, _runtime, Endpoint) = (network, runtime, network.Endpoint);

    internal void Sees(long step)
    {
        lock (_gate)
        {
            _step = Math.Max(_step, step);
        }
    }

    internal bool Reaches(FaultyProcess other) => this == other ? Alive : Alive && other.Alive && !IsCut && !other.IsCut;

    /// <summary>Where its threads come by: they wait here while it stands still.</summary>
    /// <exception cref="ExchangeAbortedException">It has ended.</exception>
    internal void Stand()
    {
        lock (_gate)
        {
            while (_alive && _hangs)
            {
                Monitor.Wait(_gate);
            }
        }

        ThrowIfEnded();
    }

    /// <summary>Waits until it is no longer cut off.</summary>
    /// <exception cref="ExchangeAbortedException">It has ended, or waiting was.</exception>
    internal void StandWhileCut(CancellationToken abort)
    {
        using var pulse = abort.Register(Pulse);
        lock (_gate)
        {
            while (_alive && (_hangs || (_isCut && !abort.IsCancellationRequested)))
            {
                Monitor.Wait(_gate);
            }
        }

        ThrowIfEnded();
        if (IsCut)
        {
            throw new ExchangeAbortedException($"{Name} is cut off");
        }
    }

    /// <summary>Waits for a time, or until something is over.</summary>
    internal void StandFor(TimeSpan duration, Func<bool> isOver)
    {
        var end = DateTime.UtcNow + duration;
        lock (_gate)
        {
            while (_alive && !isOver() && end - DateTime.UtcNow is var left && left > TimeSpan.Zero)
            {
                Monitor.Wait(_gate, left);
            }
        }
    }

    /// <summary>Lets those who wait look again.</summary>
    internal void Pulse()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Does something in this process: at once, when it goes on, or never.</summary>
    internal void Do(Action action)
    {
        lock (_gate)
        {
            if (_hangs && _alive)
            {
                _held.Enqueue(action);
                return;
            }
        }

        if (Alive)
        {
            action();
        }
    }

    /// <summary>What a fault does to the process as a whole.</summary>
    internal void Strike(PlannedFault fault)
    {
        switch (fault.Action)
        {
            case FaultAction.Fail:
                cluster.Fail(this);
                break;
            case FaultAction.Hang when Change(ref _hangs, true):
                cluster.Unresponsive(this);
                cluster.After(fault.Duration, Resume);
                break;
            case FaultAction.Cut when Change(ref _isCut, true):
                Sever();
                cluster.ConnectionsClosed(this);
                cluster.Unresponsive(this);
                cluster.After(fault.Duration, () => Change(ref _isCut, false));
                break;
        }
    }

    /// <summary>Its memory is lost, its connections are closed, and its threads are to end.</summary>
    /// <returns>Whether it was there.</returns>
    internal bool TryEnd()
    {
        if (!Change(ref _alive, false))
        {
            return false;
        }

        Sever();
        Gone = Task.Run(FreeAsync);
        return true;
    }

    internal void Add(FaultyExchange exchange)
    {
        lock (_gate)
        {
            _exchanges.Add(exchange);
        }

        if (IsCut || !Alive)
        {
            exchange.Sever();
        }
    }

    internal void Remove(FaultyExchange exchange)
    {
        lock (_gate)
        {
            _exchanges.Remove(exchange);
        }
    }

    /// <summary>Closes its tensor connections.</summary>
    internal void Sever()
    {
        FaultyExchange[] exchanges;
        lock (_gate)
        {
            exchanges = [.. _exchanges];
        }

        Array.ForEach(exchanges, exchange => exchange.Sever());
    }

    private async Task FreeAsync()
    {
        _network?.Dispose();
        if (_runtime is { } runtime)
        {
            await runtime.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Resume()
    {
        Change(ref _hangs, false);
        while (true)
        {
            Action? next;
            lock (_gate)
            {
                if (_hangs || !_alive || !_held.TryDequeue(out next))
                {
                    return;
                }
            }

            next();
        }
    }

    /// <summary>Changes a state of a process that is there.</summary>
    /// <returns>Whether it was another.</returns>
    private bool Change(ref bool state, bool to)
    {
        lock (_gate)
        {
            if (!_alive || state == to)
            {
                return false;
            }

            state = to;
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    private void ThrowIfEnded()
    {
        if (!Alive)
        {
            throw new ExchangeAbortedException($"the process of {Name} has ended");
        }
    }
}
