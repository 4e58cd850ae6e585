namespace Cluster.Train.Hosting.Surroundings;

/// <summary>
/// Puts the threads of .NET's pool to sleep at once when they have nothing to do. What a socket of the control plane
/// received passes through them; as they come, they first yield their core many times looking for more, which takes time
/// from the compute threads, and makes them come last when the next message arrives while all cores compute.
/// </summary>
internal static class QuietThreadPool
{
    private const string SpinLimit = "System.Threading.ThreadPool.UnfairSemaphoreSpinLimit";

    /// <summary>Has an effect only before the pool's first thread; leaves alone what the user has set.</summary>
    internal static void Prepare()
    {
        if (AppContext.GetData(SpinLimit) is null)
        {
            AppContext.SetData(SpinLimit, 0);
        }
    }
}
