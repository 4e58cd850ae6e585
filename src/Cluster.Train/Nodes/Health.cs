using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace Cluster.Train.Nodes;

/// <summary>
/// A node's sign of life: a small file, written anew every two seconds. Reading it costs a health check nothing, where
/// a question over the network would start an actor system and take compute time from the training.
/// </summary>
internal static class Health
{
    /// <summary>How often it is written.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>How old it may be: a machine whose cores all compute pauses for seconds.</summary>
    public static readonly TimeSpan Oldest = TimeSpan.FromSeconds(20);

    /// <summary>The file's content.</summary>
    public static string Write(DateTimeOffset now, string state) => Invariant($"{now.ToUnixTimeSeconds()} {state}\n");

    /// <summary>What the content says about the node. Pure.</summary>
    /// <param name="content">The file's content; null if there is none.</param>
    /// <param name="now">The time.</param>
    public static (bool IsWell, string Line) Judge(string? content, DateTimeOffset now)
    {
        if (content is null) return (false, "not well: there is no sign of life");
        var (stamp, state) = content.Trim().Split(' ', 2) is [var first, var rest] ? (first, rest) : ("", "");
        if (!long.TryParse(stamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return (false, "not well: the file is no sign of life");
        var age = now.ToUnixTimeSeconds() - seconds;
        return age > Oldest.TotalSeconds
            ? (false, Invariant($"not well: the last sign of life is {age} s old ({state})"))
            : (true, $"well: {state}");
    }
}

/// <summary>Writes a node's <see cref="Health"/>: as an actor, so that what it attests is that actors run.</summary>
internal sealed class HealthActor : ReceiveActor, IWithTimers
{
    private readonly string? _path;
    private readonly NodeHealth? _health;
    private bool _warned;

    /// <summary>Is created by <see cref="Props"/>.</summary>
    public HealthActor(string? path, NodeHealth? health)
    {
        (_path, _health) = (path, health);
        Receive<Beat>(_ => Write());
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A node's sign of life.</summary>
    /// <param name="path">The file; null for none.</param>
    /// <param name="health">Is told, too; null for nobody.</param>
    internal static Props Props(string? path, NodeHealth? health) => Akka.Actor.Props.Create(() => new HealthActor(path, health));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Beat), Beat.Instance, TimeSpan.Zero, Health.Interval);

    private void Write()
    {
        _health?.Beat();
        _health?.Knows(NodeSystem.Coordinators(AkkaCluster.Get(Context.System)));
        if (_path is null) return;
        var members = AkkaCluster.Get(Context.System).State.Members.Where(member => member.Status is MemberStatus.Up or MemberStatus.WeaklyUp).ToArray();
        var coordinators = members.Count(member => member.HasRole(NodeConfig.CoordinatorRole));
        var state = members.Length == 0 ? "joining" : Invariant($"member of a cluster with {coordinators} coordinator nodes and {members.Length - coordinators} workers");
        try
        {
            File.WriteAllText(_path + ".new", Health.Write(DateTimeOffset.UtcNow, state));
            File.Move(_path + ".new", _path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_warned) Context.GetLogger().Warning("the health file '{0}' cannot be written: {1}", _path, exception.Message);
            _warned = true;
        }
    }

    private sealed record Beat
    {
        internal static Beat Instance { get; } = new();
    }
}
