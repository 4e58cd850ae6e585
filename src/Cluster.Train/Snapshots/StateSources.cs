using System.Collections.Immutable;

namespace Cluster.Train.Snapshots;

/// <summary>What a process serves, by job. Members of one process may each register the source that they share.</summary>
internal sealed class StateSources
{
    private readonly Lock _gate = new();
    private ImmutableDictionary<string, ImmutableList<Registration>> _byJob = ImmutableDictionary<string, ImmutableList<Registration>>.Empty;

    /// <summary>Serves a job's snapshots until the result is disposed.</summary>
    internal IDisposable Add(string jobHash, IStateSource source)
    {
        var registration = new Registration(this, jobHash, source);
        lock (_gate)
        {
            _byJob = _byJob.SetItem(jobHash, _byJob.GetValueOrDefault(jobHash, []).Add(registration));
        }

        return registration;
    }

    /// <summary>The values of a piece, from the newest source that holds it, for the caller to dispose; null where none does.</summary>
    internal StateValues? Find(string jobHash, StatePiece piece)
    {
        ImmutableList<Registration> registrations;
        lock (_gate)
        {
            registrations = _byJob.GetValueOrDefault(jobHash, []);
        }

        for (var index = registrations.Count - 1; index >= 0; index--)
        {
            if (registrations[index].Source.Find(piece) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private void Remove(Registration registration)
    {
        lock (_gate)
        {
            var left = _byJob.GetValueOrDefault(registration.JobHash, []).Remove(registration);
            _byJob = left.IsEmpty ? _byJob.Remove(registration.JobHash) : _byJob.SetItem(registration.JobHash, left);
        }
    }

    private sealed class Registration(StateSources owner, string jobHash, IStateSource source) : IDisposable
    {
        internal string JobHash { get; } = jobHash;

        internal IStateSource Source { get; } = source;

        public void Dispose() => owner.Remove(this);
    }
}
