using Cluster.Train.Reduction;

namespace Cluster.Train.Exchange.InProcess;

/// <summary>The exchange between threads of one process.</summary>
internal sealed class InProcessExchange(InProcessGroup group, int rank, SliceOwner? owner, Action lastLeft)
    : InPlaceExchange(group.Roster, rank, owner, group.Barrier, group.Parameters, group.Contributions)
{
    private bool _disposed;

    protected override Span<double> Numbers => group.Numbers;

    public override void Abort(string reason) => group.Barrier.Abort(reason);

    public override void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            group.Barrier.Abort("the generation has ended");
            if (group.Leave())
            {
                lastLeft();
            }
        }
    }
}
