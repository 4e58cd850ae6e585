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

    private readonly Dictionary<string, (TimeSpan Until, TimeSpan Pause)> _aside = new(StringComparer.Ordinal);

    /// <summary>Puts somebody aside.</summary>
    /// <param name="whom">What it is known by, also when it is started again.</param>
    /// <param name="now">The time.</param>
    /// <returns>For how long.</returns>
    internal TimeSpan Put(string whom, TimeSpan now)
    {
        var pause = _aside.TryGetValue(whom, out var before) ? before.Pause * 2 : First;
        pause = pause < Longest ? pause : Longest;
        _aside[whom] = (now + pause, pause);
        return pause;
    }

    /// <summary>How long it is still left out; zero for not at all.</summary>
    internal TimeSpan Left(string whom, TimeSpan now) =>
        _aside.TryGetValue(whom, out var entry) && entry.Until > now ? entry.Until - now : TimeSpan.Zero;

    /// <summary>The others have reached it.</summary>
    internal void Forget(string whom) => _aside.Remove(whom);
}
