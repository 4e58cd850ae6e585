using System.Collections.Immutable;
using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>
/// A machine with a clock that stands until it is told to go on, and workers that say what a test has them say. Whatever
/// happens, the timers that its effects started must be the waits that it believes to run.
/// </summary>
internal sealed class MachineRig : IOwnState
{
    private readonly Dictionary<Wait, TimeSpan> _timers = [];
    private readonly List<Effect> _effects = [];
    private readonly List<string> _history = [];
    private readonly CoordinatorMachine _machine;
    private int _secrets;
    private TimeSpan _now;
    private TimeSpan _ticked;

    /// <summary>A coordinator that has not begun.</summary>
    internal MachineRig(CoordinatorSettings settings) =>
        _machine = new CoordinatorMachine(settings, this, () => Invariant($"secret {++_secrets}"), _now);

    public string? Endpoint => "host:1000";

    public long? NewestCheckpoint { get; set; }

    public ImmutableArray<HeldSnapshot> Held { get; set; } = [];

    internal Phase Phase => _machine.Phase;

    internal StatusReport Status => _machine.Status();

    internal long Stale => _machine.Stale;

    internal TimeSpan Now => _now;

    /// <summary>The waits that run, with the seconds that are left of each.</summary>
    internal string WaitsLeft => string.Join(", ", _timers.OrderBy(timer => timer.Key).Select(timer => Invariant($"{timer.Key} {(timer.Value - _now).TotalSeconds}")));

    internal IReadOnlyDictionary<Wait, TimeSpan> Timers => _timers;

    /// <summary>Is told each event, and what it led to.</summary>
    internal Action<CoordinatorEvent, IReadOnlyList<Effect>>? Answered { private get; set; }

    /// <summary>What the last act led to.</summary>
    internal IReadOnlyList<Effect> Effects => _effects;

    /// <summary>The generation that was prepared last.</summary>
    internal Roster Roster { get; private set; } = new(0, Topology.Sharded, "", []);

    /// <summary>Something happens.</summary>
    internal void Happens(CoordinatorEvent happened)
    {
        _effects.Clear();
        _history.Clear();
        Answer(happened);
    }

    /// <summary>A worker says something.</summary>
    internal void Says(string from, IWireMessage message) => Happens(new CoordinatorEvent.Heard(AddressOf(from), message));

    /// <summary>Time passes, with the ticks and the ends of waits that fall into it.</summary>
    internal void Passes(double seconds)
    {
        _effects.Clear();
        _history.Clear();
        var until = _now + TimeSpan.FromSeconds(seconds);
        while (true)
        {
            var next = _timers.Values.Append(_ticked + Waits.TickInterval).Min();
            if (next > until)
            {
                _now = until;
                return;
            }

            _now = next > _now ? next : _now;
            if (_timers.Where(timer => timer.Value <= _now).OrderBy(timer => timer.Value).Select(timer => (Wait?)timer.Key).FirstOrDefault() is { } wait)
            {
                _timers.Remove(wait);
                Answer(new CoordinatorEvent.WaitOver(wait));
            }
            else
            {
                _ticked = _now;
                Answer(new CoordinatorEvent.Ticked());
            }
        }
    }

    /// <summary>Time passes in which the process is stopped: no tick, no end of a wait.</summary>
    internal void Stops(double seconds) => _now += TimeSpan.FromSeconds(seconds);

    /// <summary>A wait's timer rings, due or not, as where its event lay in the mailbox when the wait began anew.</summary>
    internal void Rings(Wait wait)
    {
        if (_timers.TryGetValue(wait, out var due) && due <= _now)
        {
            _timers.Remove(wait);
        }

        Happens(new CoordinatorEvent.WaitOver(wait));
    }

    /// <summary>
    /// Compares what the last act led to. Log lines and the steady looks at who is there are left out, and so is the end of
    /// waits, which <see cref="WaitsLeft"/> shows. A line that ends in … need only begin so.
    /// </summary>
    internal void Became(string phase, params string[] effects)
    {
        string[] actual = [.. _effects
            .Where(effect => effect is not (Effect.Log or Effect.CancelWait or Effect.StartWait { Wait: Wait.Consider }))
            .Select(EffectText.Of)];
        var alike = phase == Phase.Name && actual.Length == effects.Length && actual.Zip(effects).All(pair => IsAlike(pair.First, pair.Second));
        Assert.True(alike, $"{string.Join('\n', _history)}\nwas to become {phase}:\n  {string.Join("\n  ", effects)}\nbut became {Phase.Name}:\n  {string.Join("\n  ", actual)}");
    }

    /// <summary>What the last act led to has, beside anything else, these effects in this order.</summary>
    internal void Led(string phase, params string[] effects)
    {
        var rest = new Queue<string>(effects);
        foreach (var effect in _effects.Select(EffectText.Of))
        {
            if (rest.TryPeek(out var next) && IsAlike(effect, next))
            {
                rest.Dequeue();
            }
        }

        Assert.True(
            phase == Phase.Name && rest.Count == 0,
            $"{string.Join('\n', _history)}\nwas to become {phase} with:\n  {string.Join("\n  ", effects)}\nbut became {Phase.Name}:\n  {string.Join("\n  ", _effects.Select(EffectText.Of))}");
    }

    internal static ActorAddress AddressOf(string id) => id.Length == 0 ? ActorAddress.Nobody : new ActorAddress(id);

    private static bool IsAlike(string actual, string wanted) =>
        wanted.EndsWith('…') ? actual.StartsWith(wanted[..^1], StringComparison.Ordinal) : actual == wanted;

    private void Answer(CoordinatorEvent happened)
    {
        var before = Phase.Name;
        var effects = _machine.Next(happened, _now).ToArray();
        _history.Add(Invariant($"{_now.TotalSeconds} s, {before}: {EffectText.Of(happened)}"));
        _effects.AddRange(effects);
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case Effect.StartWait wait:
                    _timers[wait.Wait] = _now + wait.Length;
                    break;
                case Effect.CancelWait wait:
                    Assert.True(_timers.Remove(wait.Wait), $"{_history[^1]}\nends a wait that does not run: {wait.Wait}");
                    break;
                case Effect.TellAll { Message: PrepareGeneration prepare }:
                    Roster = prepare.Roster;
                    break;
            }
        }

        if (Phase is Over)
        {
            // One that is ended from outside ends its timers by ending.
            Assert.True(_timers.Count == 0 || happened is CoordinatorEvent.Abandoned, $"{_history[^1]}\nleaves {WaitsLeft}");
            _timers.Clear();
            Answered?.Invoke(happened, effects);
            return;
        }

        var (timers, waits) = (string.Join(' ', _timers.Keys.Order()), string.Join(' ', _machine.Waiting.Order()));
        Assert.True(timers == waits, $"{_history[^1]}\ntimers: {timers}\nwaits: {waits}\n{string.Join('\n', effects.Select(EffectText.Of))}");
        Answered?.Invoke(happened, effects);
    }
}
