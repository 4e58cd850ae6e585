namespace Cluster.Train.Training;

/// <summary>What must hold in the process before libtorch's first call.</summary>
public static class NativeEnvironment
{
    /// <summary>
    /// Test hook: by how many floats (0 to 15) blocks are placed beside their 64-byte boundary, from the environment
    /// variable CLUSTER_TRAIN_TEST_BLOCK_OFFSET; 0 in use.
    /// </summary>
    internal static int BlockOffset { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("CLUSTER_TRAIN_TEST_BLOCK_OFFSET"), out var floats) ? Math.Clamp(floats, 0, 15) : 0;
}
