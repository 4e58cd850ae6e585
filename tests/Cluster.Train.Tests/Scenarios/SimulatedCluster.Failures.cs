using Cluster.Train.Exchange;
using Cluster.Train.Faults;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>What a process that dies, stands still or comes back means for those that it is connected to.</summary>
internal sealed partial class SimulatedCluster
{
    /// <summary>A process has ended: its peers notice at once, the others soon, and it is started again.</summary>
    internal void Died(SimulatedProcess process)
    {
        ConnectionsClosed(process);
        foreach (var link in _links.Where(link => link.Concerns(process)).ToArray())
        {
            GiveUp(link, process, DeathNotice);
        }

        if (process == _coordinator)
        {
            var actor = _coordinatorActor!;
            Ended = null;
            Clock.After(TimeSpan.Zero, () => Stage.Stop(actor));
            Clock.After(RestartTime, StartCoordinator);
        }
        else if (_workers.Find(worker => worker.Process == process) is { } run)
        {
            // Not from within one of its own messages.
            Clock.After(TimeSpan.Zero, () => Stage.Stop(run.Actor));
            if (Restarts)
            {
                Clock.After(RestartTime, () => StartWorker(process.Name));
            }
        }
    }

    internal void ConnectionsClosed(SimulatedProcess process)
    {
        foreach (var peer in _processes.Where(other => other != process))
        {
            peer.After(ConnectionLoss, () => Lose(peer, process));
            process.After(ConnectionLoss, () => Lose(process, peer));
        }

        foreach (var watch in _watches.Where(watch => watch.By != process).ToArray())
        {
            watch.By.After(ConnectionLoss, () =>
            {
                if (watch.Roster.Members.FirstOrDefault(member => member.Endpoint == process.Endpoint) is { } member && _watches.Contains(watch))
                {
                    watch.Lost(new PeerLoss(member.Rank, $"the connection to {member.Name} was closed"));
                }
            });
        }
    }

    /// <summary>Whoever does not answer for long is given up by the others, as the cluster's downing does.</summary>
    internal void Unresponsive(SimulatedProcess process) => Clock.After(DownAfter, () =>
    {
        if (!process.Alive || process.Responds || process.IsDowned)
        {
            return;
        }

        process.IsDowned = true;
        foreach (var link in _links.Where(link => link.Concerns(process)).ToArray())
        {
            GiveUp(link, process, TimeSpan.Zero);
        }

        if (process == _coordinator)
        {
            Stage.Stop(_coordinatorActor!);
            StartCoordinator();
        }
    });

    /// <summary>A process goes on: where the others gave it up, its actor system starts again, and its memory is what it was.</summary>
    internal void Returned(SimulatedProcess process)
    {
        if (process.IsDowned && _workers.Find(worker => worker.Process == process) is { } run)
        {
            process.IsDowned = false;
            Stage.Stop(run.Actor);
            process.After(RestartTime, () => StartActor(run));
        }
    }

    private void GiveUp(ControlLink link, SimulatedProcess process, TimeSpan after)
    {
        if (process.Name == PlannedFault.Coordinator)
        {
            link.CoordinatorEnded(after);
        }
        else
        {
            link.WorkerEnded(after);
        }
    }

    private static void Lose(SimulatedProcess process, SimulatedProcess peer)
    {
        if (process.Member.Loop is { IsOver: false } loop && loop.Roster.Members.FirstOrDefault(member => member.Endpoint == peer.Endpoint) is { } member)
        {
            loop.Lost(member);
        }
    }
}
