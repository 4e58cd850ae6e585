using Akka.Actor;
using Cluster.Train.Coordination;
using Cluster.Train.Members;

namespace Cluster.Train.Tests.Scenarios;

internal sealed partial class SimulatedCluster
{
    /// <summary>A worker: its process, its actor of the moment, and how that ended.</summary>
    internal sealed class WorkerRun(SimulatedProcess process, WorkerIdentity identity)
    {
        internal SimulatedProcess Process { get; } = process;

        internal WorkerIdentity Identity { get; } = identity;

        internal IActorRef Actor { get; set; } = ActorRefs.Nobody;

        internal Task<WorkerOutcome> Ended { get; set; } = null!;

        /// <summary>How its actor ended in good order; null where it did not.</summary>
        internal WorkerOutcome? Outcome => Ended.IsCompletedSuccessfully ? Ended.Result : null;
    }

    /// <summary>What finds the coordinator for a worker, wherever it is.</summary>
    private sealed class Gate : ReceiveActor
    {
        public Gate(SimulatedCluster cluster, WorkerRun run) => ReceiveAny(message =>
            // Not from within the worker's own turn: a link is made on the stage.
            cluster.Clock.After(TimeSpan.Zero, () => run.Process.Do(() => cluster.LinkOf(run)?.CoordinatorFace.Tell(message))));
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
