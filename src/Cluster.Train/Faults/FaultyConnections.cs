using Cluster.Train.Exchange;

namespace Cluster.Train.Faults;

/// <summary>Who is connected with whom in a run under faults: the control links, and who watches whose process. Safe for use by several threads.</summary>
internal sealed class FaultyConnections
{
    private readonly Lock _gate = new();
    private readonly List<ControlLink> _links = [];
    private readonly List<Watched> _watches = [];

    /// <summary>The link of a worker and a coordinator.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="coordinator">The coordinator.</param>
    /// <param name="connect">Makes it where there is none.</param>
    internal ControlLink Between(FaultyProcess worker, FaultyProcess coordinator, Func<ControlLink> connect)
    {
        lock (_gate)
        {
            var link = _links.Find(candidate => candidate.Worker == worker && candidate.Coordinator == coordinator);
            if (link is null)
            {
                _links.Add(link = connect());
            }

            return link;
        }
    }

    /// <summary>The others give a process up.</summary>
    internal void GiveUp(FaultyProcess process)
    {
        ControlLink[] links;
        lock (_gate)
        {
            links = [.. _links.Where(link => link.Worker == process || link.Coordinator == process)];
            _links.RemoveAll(links.Contains);
        }

        Array.ForEach(links, link => link.Close());
    }

    /// <summary>Notes that a process watches the members of a generation.</summary>
    /// <returns>Ends that.</returns>
    internal IDisposable Watch(FaultyProcess by, ExchangeRoster roster, Action<PeerLoss> lost)
    {
        var watch = new Watched(this, by, roster, lost);
        lock (_gate)
        {
            _watches.Add(watch);
        }

        return watch;
    }

    /// <summary>Whoever watches a process that was cut off, or is watched by it, loses it.</summary>
    internal void Closed(FaultyProcess process)
    {
        Watched[] watches;
        lock (_gate)
        {
            watches = [.. _watches];
        }

        foreach (var watch in watches)
        {
            foreach (var member in watch.Roster.Members.Where(member => member.Endpoint is not null && (watch.By == process) != (member.Endpoint == process.Endpoint)))
            {
                watch.Lost(new PeerLoss(member.Rank, $"the connection to {member.Name} was closed"));
            }
        }
    }

    private sealed record Watched(FaultyConnections Connections, FaultyProcess By, ExchangeRoster Roster, Action<PeerLoss> Lost) : IDisposable
    {
        public void Dispose()
        {
            lock (Connections._gate)
            {
                Connections._watches.Remove(this);
            }
        }
    }
}
