using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Exchange.InProcess;

/// <summary>What the members of one generation in one process share: one parameter block, everybody's contributions, the barrier.</summary>
internal sealed class InProcessGroup
{
    private int _members;

    internal InProcessGroup(ExchangeRoster roster, StepPatience patience)
    {
        Roster = roster;
        _members = roster.Members.Length;
        Parameters = FloatBlock.Allocate(roster.VectorLength);
        Contributions = [.. roster.Members.Select(member =>
            ShardTree.MaximalSubtrees(roster.Shards, member.Shards).Select(_ => FloatBlock.Allocate(roster.VectorLength)).ToArray())];
        Barrier = new StepBarrier(roster.Members.Select(member => member.Name), patience);
        Numbers = new double[roster.ToldNumbers];
    }

    internal ExchangeRoster Roster { get; }

    /// <summary>The parameters of all replicas of this process.</summary>
    internal FloatBlock Parameters { get; }

    /// <summary>By rank: one block for each maximal subtree of its shards.</summary>
    internal IReadOnlyList<FloatBlock>[] Contributions { get; }

    /// <summary>The totals of all norm blocks of the vector, and behind them the sums of tensors, each written by its owner.</summary>
    internal double[] Numbers { get; }

    internal StepBarrier Barrier { get; }

    /// <summary>Frees the blocks when the last member has left. True for that one.</summary>
    internal bool Leave()
    {
        if (Interlocked.Decrement(ref _members) != 0)
        {
            return false;
        }

        Parameters.Dispose();
        foreach (var block in Contributions.SelectMany(blocks => blocks))
        {
            block.Dispose();
        }

        return true;
    }
}
