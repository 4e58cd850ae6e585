using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>What holds in every job, whatever happens to it. Sees each event and what it led to.</summary>
internal sealed class MachineLaws(CoordinatorSettings settings)
{
    private readonly HashSet<string> _places = new(StringComparer.Ordinal);
    private Roster _roster = new(0, Topology.Sharded, "", []);
    private bool _open;
    private long _next;
    private long _sealed;
    private int _ends;

    internal bool IsOver => _ends > 0;

    internal JobOutcome? Outcome { get; private set; }

    internal Exception? Error { get; private set; }

    /// <summary>Whether a generation ended because others were to be members.</summary>
    internal bool Regroups { get; private set; }

    internal void Judge(CoordinatorEvent happened, IReadOnlyList<Effect> effects, Phase phase, IReadOnlyDictionary<Wait, TimeSpan> timers)
    {
        Assert.True(_ends == 0 || effects.Count == 0, "something is done after the end");
        TakePlace(happened);
        foreach (var effect in effects)
        {
            Judge(effect);
        }

        Assert.Equal(phase is Over, _ends > 0);
        if (effects.Any(effect => effect is Effect.Finish or Effect.Fail) && happened is not CoordinatorEvent.Abandoned)
        {
            Assert.Single(effects, effect => effect is Effect.End);
            Assert.IsType<Effect.End>(effects[^1]);
        }

        Wait? needed = phase switch
        {
            Gathering => Wait.Consider,
            Examining or Opening or Ending or Over => null,
            _ => Wait.Phase,
        };
        Assert.True(needed is not { } wait || timers.ContainsKey(wait), $"{phase.Name} waits without a limit");
        Assert.True(phase.Name != "running" || phase.Current is not { Snapshots.Outstanding: true, Leases.Outstanding: 0 } || timers.ContainsKey(Wait.Snapshot), "a snapshot has no limit");
    }

    private void TakePlace(CoordinatorEvent happened)
    {
        switch (happened)
        {
            case CoordinatorEvent.OwnSliceReady ready when ready.Generation == _roster.Generation:
                _places.Add("");
                break;
            case CoordinatorEvent.Heard { Message: GenerationReady ready } when ready.Generation == _roster.Generation:
                _places.Add(ready.WorkerId);
                break;
            case CoordinatorEvent.Heard { Message: WorkerPresent { Stage: WorkerStage.Ready } ready } when ready.Generation == _roster.Generation:
                _places.Add(ready.WorkerId);
                break;
        }
    }

    private void Judge(Effect effect)
    {
        switch (effect)
        {
            case Effect.TellAll { Message: PrepareGeneration prepare }:
                Assert.True(prepare.Generation > _roster.Generation, $"generation {prepare.Generation} follows {_roster.Generation}");
                Assert.False(_open, "a generation begins before the last one has ended");
                Assert.InRange(prepare.Roster.Workers.Count(), settings.MinWorkers, settings.MaxWorkers);
                _places.Clear();
                (_roster, _open, _next, _sealed) = (prepare.Roster, true, prepare.FirstStep, prepare.FirstStep);
                break;
            case Effect.TellAll { Message: EndGeneration end }:
                Assert.Equal(_roster.Generation, end.Generation);
                _open = false;
                Regroups |= end.Reason == "the membership changes";
                break;
            case Effect.TellAll { Message: StepLease lease }:
                Assert.True(_open && lease.Generation == _roster.Generation, "a lease of a generation that has ended");
                Assert.True(_roster.Members.All(member => _places.Contains(member.WorkerId)), "a lease before all have their places");
                Assert.Equal(_next, lease.FirstStep);
                Assert.Equal(_sealed, lease.SealedStep);
                Assert.True(lease.Memo is null || lease.Memo.Samples == lease.Memo.Step * StubMessages.BatchSize, "a memo with other samples than its steps had");
                _next = lease.End;
                Assert.True(_next <= settings.Definition.Length.Steps, "a lease beyond the end");
                break;
            case Effect.Seal seal:
                Assert.True(seal.Step >= _sealed && seal.Step <= _next, $"step {seal.Step} is sealed after {_sealed}");
                _sealed = seal.Step;
                break;
            case Effect.ShowProgress { Progress: var progress }:
                Assert.Equal(progress.CompletedSteps * StubMessages.BatchSize, progress.CompletedSamples);
                break;
            case Effect.Finish { Outcome: var outcome }:
                _ends++;
                Outcome = outcome;
                Assert.Equal(outcome.Steps * StubMessages.BatchSize, outcome.Samples);
                Assert.Equal(outcome.Completed, outcome.Steps == settings.Definition.Length.Steps);
                break;
            case Effect.Fail { Error: var error }:
                _ends++;
                Error = error;
                Assert.NotEqual("", error.Message);
                Assert.DoesNotContain('\n', error.Message);
                break;
        }

        Assert.True(_ends <= 1, "the job ends twice");
    }
}
