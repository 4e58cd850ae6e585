using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Network;
using Cluster.Train.Training;

namespace Cluster.Train.Faults;

/// <summary>
/// A member's side of the exchange, with a place before and a place behind it where faults strike: what happens within
/// is the real thing, and is struck from outside while it is under way.
/// </summary>
internal sealed class FaultyExchange(FaultyCluster cluster, FaultyProcess process, NetworkExchange inner, bool computes, bool owns) : TensorExchange
{
    private volatile bool _aborted;

    /// <inheritdoc/>
    public override FloatBlock Parameters => inner.Parameters;

    /// <inheritdoc/>
    public override IReadOnlyList<FloatBlock> Contributions => inner.Contributions;

    /// <inheritdoc/>
    public override long TakeWaited() => inner.TakeWaited();

    /// <inheritdoc/>
    public override long TakeSent() => inner.TakeSent();

    /// <inheritdoc/>
    public override void Run(long step, ExchangeRound round)
    {
        if (round != ExchangeRound.Update)
        {
            process.Stand();
            inner.Run(step, round);
            process.Stand();
            return;
        }

        process.Sees(step);
        if (computes && cluster.Take(process, FaultPhase.Compute, step, FaultyCluster.OfProcess) is { } fault)
        {
            process.Strike(fault);
        }

        Pass(FaultPhase.PartialSums, step);
        if (owns)
        {
            Pass(FaultPhase.OwnerSum, step);
        }

        process.Stand();
        inner.Run(step, round);
        if (owns)
        {
            Pass(FaultPhase.Broadcast, step);
        }

        process.Stand();
    }

    /// <inheritdoc/>
    public override void Abort(string reason)
    {
        _aborted = true;
        process.Pulse();
        inner.Abort(reason);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        process.Remove(this);
        inner.Dispose();
    }

    /// <summary>Closes its connections.</summary>
    internal void Sever() => inner.Sever();

    private void Pass(FaultPhase phase, long step)
    {
        switch (cluster.Take(process, phase, step))
        {
            case null:
                break;
            case { Action: FaultAction.Delay } delay:
                process.StandFor(delay.Duration, () => _aborted);
                break;
            case { Action: FaultAction.Hang } hang:
                process.Strike(hang);
                break;
            case { Action: FaultAction.Drop or FaultAction.Duplicate }:
                // A stream that lost a part, or got it twice, cannot go on: TCP would end it.
                _ = Task.Run(Sever);
                break;
            case var blow:
                // Beside this thread: so that it falls while the exchange is under way.
                _ = Task.Run(() => process.Strike(blow));
                break;
        }
    }
}
