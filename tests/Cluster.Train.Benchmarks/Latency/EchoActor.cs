using Akka.Actor;
using Cluster.Train.Protocol;

namespace Cluster.Train.Benchmarks.Latency;

/// <summary>Answers as a coordinator would if it had nothing else to do: a worker that has done its lease gets the next one.</summary>
internal sealed class EchoActor : ReceiveActor
{
    internal const string Name = "echo";

    public EchoActor() => Receive<LeaseCompleted>(done =>
        Sender.Tell(new StepLease(done.Generation, done.CompletedSteps, Steps: 1, SnapshotKind.None, SealedStep: 0, Memo: null)));
}
