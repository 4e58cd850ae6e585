using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Cluster.Train.Actors;
using Cluster.Train.Protocol;

namespace Cluster.Train.Benchmarks.Latency;

/// <summary>
/// Asks an actor on the other node at a steady pace, and measures how long each answer takes until this node's actor
/// has it. It goes on asking while answers are late: a stall is seen by all the questions that fall into it.
/// </summary>
internal sealed class RoundTrips
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    /// <summary>How long answers are waited for after the last question.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<long, long> _asked = [];
    private readonly ConcurrentQueue<double> _milliseconds = [];
    private readonly IActorRef _other;
    private readonly IActorRef _self;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private bool _stops;
    private int _questions;

    private RoundTrips(ActorSystem system, IActorRef other)
    {
        _other = other;
        _self = system.ActorOf(Props.Create(() => new Asker(Note)).WithDispatcher(ActorSystems.Dispatcher));
        _thread = new Thread(Ask) { IsBackground = true, Name = "questions" };
    }

    /// <summary>Begins to ask.</summary>
    internal static RoundTrips Start(ActorSystem system, IActorRef other)
    {
        var trips = new RoundTrips(system, other);
        trips._thread.Start();
        return trips;
    }

    /// <summary>Stops asking, and waits for the answers that are still due.</summary>
    internal async Task<RoundTripFigures> StopAsync()
    {
        lock (_gate)
        {
            _stops = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        for (var since = Stopwatch.GetTimestamp(); !_asked.IsEmpty && Stopwatch.GetElapsedTime(since) < Patience;)
        {
            await Task.Delay(Pace);
        }

        _self.Tell(PoisonPill.Instance);
        return RoundTripFigures.Of([.. _milliseconds], _questions);
    }

    private void Ask()
    {
        for (; !EndsAfterPause(); _questions++)
        {
            _asked[_questions] = Stopwatch.GetTimestamp();
            _other.Tell(new LeaseCompleted("worker", Generation: 1, _questions), _self);
        }
    }

    private bool EndsAfterPause()
    {
        lock (_gate)
        {
            if (!_stops)
            {
                Monitor.Wait(_gate, Pace);
            }

            return _stops;
        }
    }

    private void Note(StepLease answer)
    {
        if (_asked.TryRemove(answer.FirstStep, out var asked))
        {
            _milliseconds.Enqueue(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
        }
    }

    private sealed class Asker : ReceiveActor
    {
        public Asker(Action<StepLease> note) => Receive(note);
    }
}
