using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>
/// Something that a worker has decided to do. Carried out in the order in which it was decided; what its process holds is
/// read only then, since an end of a generation may change it.
/// </summary>
internal abstract record WorkerEffect
{
    /// <summary>Says hello to whichever coordinator there is.</summary>
    internal sealed record Greet : WorkerEffect;

    /// <summary>Sends a message to a coordinator.</summary>
    internal sealed record Tell(ActorAddress To, IWireMessage Message) : WorkerEffect;

    /// <summary>Asks to be a member, and says what the process holds.</summary>
    /// <param name="To">Whom.</param>
    /// <param name="Replica">What it would compute with.</param>
    /// <param name="Tensors">The first of its tensors.</param>
    /// <param name="Remark">What the task says of the data.</param>
    internal sealed record AskToJoin(ActorAddress To, ReplicaDescription Replica, TensorPage Tensors, string Remark) : WorkerEffect;

    /// <summary>Says that it has left a generation, and what the process holds.</summary>
    internal sealed record TellEnded(ActorAddress To, int Generation) : WorkerEffect;

    /// <summary>From now on, the coordinator's end is an event.</summary>
    internal sealed record Watch(ActorAddress Coordinator) : WorkerEffect;

    /// <summary>The coordinator's end means nothing any more.</summary>
    internal sealed record Unwatch(ActorAddress Coordinator) : WorkerEffect;

    /// <summary>Lets a timer ring again and again, the first time after one interval or at once.</summary>
    internal sealed record Repeat(WorkerTimer Timer, TimeSpan Interval, bool AtOnce) : WorkerEffect;

    /// <summary>Lets a timer ring once.</summary>
    internal sealed record Wait(WorkerTimer Timer, TimeSpan Length) : WorkerEffect;

    /// <summary>The timer does not ring any more.</summary>
    internal sealed record Cancel(WorkerTimer Timer) : WorkerEffect;

    /// <summary>Makes the replica of a job, unless the process has it.</summary>
    /// <param name="Number">The number of this opening.</param>
    /// <param name="Offer">The job.</param>
    internal sealed record Open(int Number, JobOffer Offer) : WorkerEffect;

    /// <summary>Takes its place in a generation, and reports to a coordinator from there.</summary>
    internal sealed record Prepare(ActorAddress ReportsTo, PrepareGeneration Generation) : WorkerEffect;

    /// <summary>Serves what the process holds to a generation in which it has no place.</summary>
    internal sealed record Serve(PrepareGeneration Generation) : WorkerEffect;

    /// <summary>Does a lease once those before are done.</summary>
    internal sealed record DoLease(StepLease Lease) : WorkerEffect;

    /// <summary>Ends its part in a generation, and in those before.</summary>
    internal sealed record Abort(int Generation, string Reason) : WorkerEffect;

    /// <summary>A line for who looks for a fault.</summary>
    internal sealed record Warn(string Text) : WorkerEffect;

    /// <summary>Its part has ended in good order.</summary>
    internal sealed record Finish(WorkerOutcome Outcome) : WorkerEffect;

    /// <summary>Its part has ended for this reason.</summary>
    internal sealed record Fail(Exception Error) : WorkerEffect;

    /// <summary>The worker ends.</summary>
    internal sealed record End : WorkerEffect;
}
