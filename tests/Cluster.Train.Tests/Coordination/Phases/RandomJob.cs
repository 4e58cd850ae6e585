using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>
/// A job whose workers answer as real ones do, while a script delays, loses and repeats what they say, has them come, leave,
/// fail and die, and stops the job. Once the script is at its end nothing disturbs it any more: it must come to its own end.
/// </summary>
internal sealed class RandomJob
{
    private const int MostWorkers = 6;

    private readonly MachineRig _rig;
    private readonly List<RandomWorker> _workers = [];
    private readonly HashSet<string> _watched = new(StringComparer.Ordinal);
    private readonly RandomServices _services;
    private bool _losesNext;

    /// <summary>Plays a job to its end.</summary>
    /// <param name="settings">The job.</param>
    /// <param name="script">What happens: a kind, and to whom.</param>
    internal RandomJob(CoordinatorSettings settings, IEnumerable<int> script)
    {
        (_rig, Laws) = (new MachineRig(settings), new MachineLaws(settings));
        _services = new RandomServices(_rig);
        _rig.Answered = Answered;
        _rig.Happens(new CoordinatorEvent.Started());
        while (_workers.Count < settings.Workers)
        {
            Comes();
        }

        foreach (var word in script)
        {
            Act(word % 100, word / 100);
        }

        for (var round = 0; round < 1_000 && !Laws.IsOver; round++)
        {
            while (Boxes > 0)
            {
                Deliver(0);
            }

            SayAgain();
            _rig.Passes(1);
        }

        Assert.True(Laws.IsOver, $"the job does not end; it is {_rig.Phase.Name}");
    }

    internal MachineLaws Laws { get; }

    /// <summary>All events and effects.</summary>
    internal List<string> Trace { get; } = [];

    private RandomWorker[] Alive => [.. _workers.Where(worker => worker.IsAlive)];

    private int Boxes => _workers.Count(worker => worker.Said.Count > 0) + (_services.Happening.Count > 0 ? 1 : 0);

    private void Act(int kind, int which)
    {
        var worker = Alive is { Length: > 0 } alive ? alive[which % alive.Length] : null;
        switch (kind)
        {
            case < 60:
                Deliver(which);
                break;
            case < 65:
                _rig.Passes(0.05 + (which % 40 * 0.1));
                break;
            case 65:
                _rig.Passes(which % 70);
                break;
            case 66:
                _rig.Stops(which % 100);
                break;
            case < 69 when worker is { Said.Count: > 0 }:
                _rig.Says(worker.Id, worker.Said.Peek());
                break;
            case 69 when worker is { Said.Count: > 0 }:
                worker.Said.Dequeue();
                break;
            case 70:
                _losesNext = true;
                break;
            case 71 or 72 when Alive.Length < MostWorkers:
                Comes();
                break;
            case 73 when worker is { Leaves: false }:
                worker.WantsToLeave();
                break;
            case 74 or 75 when worker is not null && which % 3 == 0:
                Dies(worker);
                break;
            case 76 or 77:
                worker?.Faults(which % 2 == 0 ? FaultKind.ExchangeLost : FaultKind.Unreached, (which / 2 % 5) - 1);
                break;
            case 78 when which % 5 == 0:
                worker?.Faults(which % 2 == 0 ? FaultKind.Task : FaultKind.BadInput, suspect: -1);
                break;
            case 79:
                _rig.Happens(new CoordinatorEvent.PeerLost(_rig.Roster.Generation - (which % 2), which % 4, "a connection was closed", which % 3 == 0));
                break;
            case 80 or 81:
                _rig.Says(worker?.Id ?? "x", Late(worker?.Id ?? "x", which));
                break;
            case 82:
                _rig.Says("x", Late("x", which));
                break;
            case 83 or 84:
                _rig.Rings((Wait)(which % 4));
                break;
            case 85 when which % 5 == 0:
                _rig.Happens(new CoordinatorEvent.StopAsked());
                break;
            case 86 when worker is not null:
                worker.Deviates = true;
                break;
            case 87:
                _services.FailsNext = true;
                break;
            case 88 when which % 40 == 0:
                _rig.Happens(new CoordinatorEvent.Abandoned());
                break;
            case 89 when which % 40 == 0:
                _rig.Happens(new CoordinatorEvent.ServiceFailed(new IOException("the disk is gone")));
                break;
            case > 92:
                SayAgain();
                break;
        }
    }

    private void Comes()
    {
        var worker = new RandomWorker(Invariant($"w{_workers.Count}"));
        worker.SaysAgain();
        _workers.Add(worker);
    }

    private void Dies(RandomWorker worker)
    {
        worker.Dies();
        if (_watched.Contains(worker.Id))
        {
            _services.Happening.Enqueue(new CoordinatorEvent.Gone(worker.Id, MachineRig.AddressOf(worker.Id)));
        }
    }

    private void SayAgain()
    {
        foreach (var worker in Alive)
        {
            worker.SaysAgain();
        }
    }

    /// <summary>The next message of one of those who have said something arrives.</summary>
    private void Deliver(int which)
    {
        if (Boxes == 0)
        {
            return;
        }

        RandomWorker[] speaking = [.. _workers.Where(worker => worker.Said.Count > 0)];
        var box = which % Boxes;
        if (box < speaking.Length)
        {
            _rig.Says(speaking[box].Id, speaking[box].Said.Dequeue());
            return;
        }

        _rig.Happens(_services.Next());
    }

    /// <summary>What somebody said in a generation before, or never should have.</summary>
    private IGenerationMessage Late(string id, int which)
    {
        var generation = _rig.Roster.Generation - (which % 3 == 0 ? 0 : 1);
        return (which / 3 % 5) switch
        {
            0 => new LeaseCompleted(id, generation - 1, 1),
            1 => new SnapshotKept(id, generation - 1, 2, "old", null, 0),
            2 => new GenerationEnded(id, generation - 1, []),
            3 => new GenerationReady(id, generation - 1),
            _ => new WorkerPresent(id, generation - 1, WorkerStage.Joining, Leaves: false),
        };
    }

    private void Answered(CoordinatorEvent happened, IReadOnlyList<Effect> effects)
    {
        Trace.Add(EffectText.Of(happened));
        Trace.AddRange(effects.Select(EffectText.Of));
        Laws.Judge(happened, effects, _rig.Phase, _rig.Timers);
        foreach (var effect in effects)
        {
            CarryOut(effect);
        }
    }

    private void CarryOut(Effect effect)
    {
        switch (effect)
        {
            case Effect.Tell tell:
                Tell(tell.To, tell.Message);
                break;
            case Effect.TellAll tell:
                foreach (var to in tell.To)
                {
                    Tell(to, tell.Message);
                }

                break;
            case Effect.Watch watch:
                _watched.Add(watch.WorkerId);
                if (_workers.Any(worker => worker.Id == watch.WorkerId && !worker.IsAlive))
                {
                    _services.Happening.Enqueue(new CoordinatorEvent.Gone(watch.WorkerId, watch.Worker));
                }

                break;
            case Effect.Unwatch unwatch:
                _watched.Remove((string)unwatch.Worker.Value!);
                break;
            default:
                _services.CarryOut(effect);
                break;
        }
    }

    private void Tell(ActorAddress to, IWireMessage message)
    {
        if (_losesNext)
        {
            _losesNext = false;
            return;
        }

        _workers.Find(worker => worker.IsAlive && Equals(worker.Id, to.Value))?.Hears(message);
    }
}
