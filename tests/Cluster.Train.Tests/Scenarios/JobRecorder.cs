
namespace Cluster.Train.Tests.Scenarios;

/// <summary>What a run told its observers, coordinators' after one another together.</summary>
internal sealed class JobRecorder : IJobObserver
{
    internal List<RosterFormed> Rosters { get; } = [];

    internal List<EpochResult> Epochs { get; } = [];

    internal List<string> Notices { get; } = [];

    internal Action<long>? Progressed { get; set; }

    internal Action? Formed { get; set; }

    public void OnRoster(RosterFormed roster)
    {
        Rosters.Add(roster);
        Formed?.Invoke();
    }

    public void OnProgress(JobProgress progress) => Progressed?.Invoke(progress.CompletedSteps);

    public void OnEpoch(EpochResult epoch) => Epochs.Add(epoch);

    public void OnNotice(string notice) => Notices.Add(notice);
}
