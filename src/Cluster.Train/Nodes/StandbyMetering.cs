using Akka.Actor;
using Cluster.Train.Protocol;
using Cluster.Train.Telemetry;

namespace Cluster.Train.Nodes;

/// <summary>On a node that stands by: asks its coordinator how the job stands until the metrics have what only workers can compute.</summary>
internal sealed class StandbyMetering : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Is created by <see cref="Props"/>.</summary>
    public StandbyMetering(IActorRef coordinator)
    {
        Receive<Repeat>(_ => coordinator.Tell(StatusRequest.Instance));
        Receive<StatusReport>(status =>
        {
            Metering.Stands(status);
            if (status.Numerics.Length > 0) Context.Stop(Self);
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The actor.</summary>
    /// <param name="coordinator">Reaches the coordinator.</param>
    internal static Props Props(IActorRef coordinator) => Akka.Actor.Props.Create(() => new StandbyMetering(coordinator));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Repeat), Repeat.Instance, TimeSpan.Zero, Interval);

    private sealed record Repeat
    {
        internal static Repeat Instance { get; } = new();
    }
}
