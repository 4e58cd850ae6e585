namespace Cluster.Train.Reduction;

/// <summary>A node of the shard tree: the sum of the gradients of shards [First, End).</summary>
/// <param name="First">The first shard.</param>
/// <param name="End">One past the last shard.</param>
internal readonly record struct TreeNode(int First, int End);
