
namespace Cluster.Train.Coordination;

/// <summary>Who met the others before, and who is left out because others could not reach it. Pure.</summary>
internal sealed class MeetingBook
{
    private readonly HashSet<string> _veterans = new(StringComparer.Ordinal);
    private readonly AsideBook _aside = new();

    /// <summary>Workers that were members of a generation that began: what they hold is worth more.</summary>
    internal IReadOnlySet<string> Veterans => _veterans;

    /// <summary>How long a worker is still left out; zero for not at all.</summary>
    internal TimeSpan LeftOut(string workerId, string name, string? endpoint, TimeSpan now) => _aside.Left(Key(name, endpoint), workerId, now);

    /// <summary>Leaves a worker out for a while.</summary>
    /// <returns>For how long.</returns>
    internal TimeSpan LeaveOut(string workerId, string name, string? endpoint, TimeSpan now) => _aside.Put(Key(name, endpoint), workerId, now);

    /// <summary>A worker is gone, though nobody sent it away: another that is started in its place need not wait.</summary>
    internal void Gone(string workerId) => _aside.Gone(workerId);

    /// <summary>A worker has met all others: that it was left out once is forgotten.</summary>
    internal void Met(string workerId, string name, string? endpoint)
    {
        _veterans.Add(workerId);
        _aside.Forget(Key(name, endpoint));
    }

    /// <summary>A restart does not repair a network: name and host identify a worker. The port does not, it changes at each start.</summary>
    private static string Key(string name, string? endpoint) =>
        $"{name} {(endpoint?.LastIndexOf(':') is { } colon and >= 0 ? endpoint[..colon] : endpoint)}";
}
