namespace Cluster.Train.Hosting.Verbs;

/// <summary>Waits for the first generation.</summary>
/// <param name="formed">Is called at each.</param>
internal sealed class FirstRoster(Action formed) : IJobObserver
{
    /// <inheritdoc/>
    public void OnRoster(RosterFormed roster) => formed();

    /// <inheritdoc/>
    public void OnProgress(JobProgress progress)
    {
    }

    /// <inheritdoc/>
    public void OnEpoch(EpochResult epoch)
    {
    }

    /// <inheritdoc/>
    public void OnNotice(string notice)
    {
    }
}
