using Cluster.Train.Exchange;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Members;

/// <summary>A roster as the exchange and the reduction need it.</summary>
internal static class ExchangeRosters
{
    /// <summary>The exchange's view.</summary>
    internal static ExchangeRoster From(Roster roster, JobDefinition definition, ParameterLayout layout) => new(
        definition.Hash(), roster.Generation, definition.Shards, layout.VectorLength, layout.ParameterLength,
        definition.ClipNorm is not null || layout.WeightPosition is not null || definition.Optimizer.NeedsNorms, roster.Secret,
        [
            .. roster.Members.Select(member => new ExchangeMember(
                member.Rank, member.Name, member.Shards, member.Slice, HoldsReplica: !member.IsCoordinator, member.Endpoint)),
        ])
    {
        WeightPosition = layout.WeightPosition,
        Norms = definition.Optimizer.NeedsNorms ? layout.Norms : null,
    };

    /// <summary>The tree nodes that the members contribute, ascending.</summary>
    internal static IReadOnlyList<TreeNode> Inputs(Roster roster, int shards) =>
        [.. roster.Members.SelectMany(member => ShardTree.MaximalSubtrees(shards, member.Shards))];
}
