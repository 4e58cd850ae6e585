namespace Cluster.Train.Scenarios.Chaos;

/// <summary>
/// The journals of all coordinators of one job as one. Each marks as replayed what it has seen before itself; a step that
/// an earlier coordinator's journal has was done before just as well. Pure.
/// </summary>
internal sealed class MergedJournal
{
    private readonly List<JournalLine> _done = [];

    /// <summary>Merges journals.</summary>
    /// <param name="files">
    /// Those of the nodes in the order in which each first coordinated, apart for each time that it did; from then on they
    /// took turns.
    /// </param>
    /// <exception cref="ScenarioException">They contradict themselves or each other.</exception>
    internal MergedJournal(params IReadOnlyList<IReadOnlyList<IReadOnlyList<JournalLine>>> files)
    {
        foreach (var file in files) EnsureMarked(file.SelectMany(lines => lines));
        var first = new Dictionary<long, JournalLine>();
        for (var turn = 0; turn < files.Max(file => file.Count); turn++)
        {
            foreach (var file in files.Where(file => turn < file.Count)) Add(file[turn], first);
        }
    }

    /// <summary>Steps that were computed again.</summary>
    internal int Replays { get; private set; }

    /// <summary>Every sample of every epoch is in exactly one step.</summary>
    /// <exception cref="ScenarioException">One is not, or is in two.</exception>
    internal void EnsureEachSampleOnce(int epochs, int samples)
    {
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            var next = 0;
            foreach (var line in _done.Where(line => line.Epoch == epoch).OrderBy(line => line.First))
            {
                if (line.First != next)
                {
                    throw new ScenarioException(
                        $"epoch {epoch}: samples {Math.Min(next, line.First)} to {Math.Max(next, line.First) - 1} are {(line.First > next ? "in no step" : "in two steps")}; see step {line.Step} of generation {line.Generation}");
                }

                next += line.Count;
            }

            if (next != samples) throw new ScenarioException($"epoch {epoch} has {next} samples of {samples}");
        }

        if (_done.Find(line => line.Epoch > epochs) is { } beyond) throw new ScenarioException($"step {beyond.Step} is beyond the last epoch");
    }

    private void Add(IReadOnlyList<JournalLine> lines, Dictionary<long, JournalLine> first)
    {
        var seen = new HashSet<(int, long)>();
        foreach (var line in lines)
        {
            if (!seen.Add((line.Generation, line.Step))) throw new ScenarioException($"generation {line.Generation} has done step {line.Step} twice");
            if (first.TryAdd(line.Step, line))
            {
                _done.Add(line);
            }
            else
            {
                Replays++;
                EnsureSame(first[line.Step], line);
            }
        }
    }

    private static void EnsureMarked(IEnumerable<JournalLine> journal)
    {
        long last = 0;
        foreach (var line in journal)
        {
            if (line.Replayed != (line.Step <= last)) throw new ScenarioException($"step {line.Step} of generation {line.Generation} is {(line.Replayed ? "" : "not ")}marked as replayed");
            last = Math.Max(last, line.Step);
        }
    }

    // The same bits, whoever computed them.
    private static void EnsureSame(JournalLine before, JournalLine again)
    {
        if (before.Loss.Equals(again.Loss) && (before.Epoch, before.First, before.Count) == (again.Epoch, again.First, again.Count)) return;
        throw new ScenarioException($"step {before.Step} differs: {before} and {again}");
    }
}
