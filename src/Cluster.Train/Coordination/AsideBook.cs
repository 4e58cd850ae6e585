namespace Cluster.Train.Coordination;

/// <summary>
/// Whom the others could not reach, and for how long it is left out: each further try stops the job for as long as
/// reaching it in vain takes, so the pauses between them grow. Pure.
/// </summary>
internal sealed class AsideBook
{
    /// <summary>The first pause.</summary>
    internal static readonly TimeSpan First = TimeSpan.FromMinutes(1);

    /// <summary>No pause is longer.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    private readonly Dictionary<string, Entry> _aside = new(StringComparer.Ordinal);

    /// <summary>Puts somebody aside.</summary>
    /// <param name="whom">What it is known by, also when it is started again.</param>
    /// <param name="run">Which run of it was not reached.</param>
    /// <param name="now">The time.</param>
    /// <returns>For how long.</returns>
    internal TimeSpan Put(string whom, string run, TimeSpan now)
    {
        var pause = _aside.TryGetValue(whom, out var before) ? before.Pause * 2 : First;
        pause = pause < Longest ? pause : Longest;
        _aside[whom] = new Entry(now + pause, pause, run, IsGone: false);
        return pause;
    }

    /// <summary>How long it is still left out; zero for not at all.</summary>
    /// <param name="whom">What it is known by.</param>
    /// <param name="run">Which run of it asks.</param>
    /// <param name="now">The time.</param>
    internal TimeSpan Left(string whom, string run, TimeSpan now) =>
        _aside.TryGetValue(whom, out var entry) && entry.Until > now && !entry.Excuses(run) ? entry.Until - now : TimeSpan.Zero;

    /// <summary>
    /// A run has ended by itself: that it was not reached may have come of that, so the next run of the same is tried at once.
    /// Only the first time, or one that ends at each try would stop the job again and again.
    /// </summary>
    internal void Gone(string run)
    {
        foreach (var (whom, entry) in _aside.Where(pair => pair.Value.Run == run).ToArray())
        {
            _aside[whom] = entry with { IsGone = true };
        }
    }

    /// <summary>The others have reached it.</summary>
    internal void Forget(string whom) => _aside.Remove(whom);

    private sealed record Entry(TimeSpan Until, TimeSpan Pause, string Run, bool IsGone)
    {
        internal bool Excuses(string run) => IsGone && Pause == First && run != Run;
    }
}
