using Cluster.Train.Coordination;
using Cluster.Train.Protocol;
using CsCheck;

namespace Cluster.Train.Tests.Coordination.Workers;

/// <summary>What holds for a worker to which anything may happen; a failure prints the seed that repeats it.</summary>
public sealed class RandomWorkerTests
{
    private static readonly Gen<WorkerEvent> s_event = Gen.Frequency(
        (8, Gen.Select(Gen.OneOfConst(WorkerRig.First, WorkerRig.Second), Message(), (from, message) => (WorkerEvent)new WorkerEvent.Heard(new ActorAddress(from), message))),
        (2, Gen.Int[1, 4].Select(number => (WorkerEvent)WorkerRig.Opened(number))),
        (2, Gen.Int[1, 5].Select(generation => (WorkerEvent)new WorkerEvent.Prepared(generation))),
        (1, Gen.Int[1, 5].Select(generation => (WorkerEvent)new WorkerEvent.NotPrepared(WorkerRig.Fault(generation)))),
        (1, Gen.Int[1, 4].Select(number => (WorkerEvent)new WorkerEvent.NotOpened(number, WorkerRig.Fault(0)))),
        (1, Gen.OneOfConst(WorkerRig.First, WorkerRig.Second).Select(who => (WorkerEvent)new WorkerEvent.Gone(new ActorAddress(who)))),
        (1, Gen.OneOfConst<WorkerEvent>(
            new WorkerEvent.Rang(WorkerTimer.Hello), new WorkerEvent.Rang(WorkerTimer.Presence), new WorkerEvent.Rang(WorkerTimer.Patience), new WorkerEvent.LeaveAsked())));

    [Fact]
    public void Whatever_happens_a_worker_keeps_its_laws() => s_event.Array[0, 100].Sample(
        events =>
        {
            var laws = new Laws();
            foreach (var happened in events.Prepend(new WorkerEvent.Started()))
            {
                laws.Happens(happened);
            }

            laws.Happens(new WorkerEvent.Abandoned());
        },
        iter: 20_000, threads: 1);

    private static Gen<IWireMessage> Message() => Gen.Frequency(
        (3, Gen.Bool.Select(fresh => (IWireMessage)WorkerRig.Offer(fresh))),
        (4, Gen.Select(Gen.Int[1, 5], Gen.Int[0, 2], Gen.Bool, (generation, step, member) => (IWireMessage)WorkerRig.Order(generation, step, member))),
        (6, Gen.Select(Gen.Int[1, 5], Gen.Int[0, 4], Gen.Int[0, 2], (generation, first, steps) => (IWireMessage)WorkerRig.Lease(generation, first, steps))),
        (1, Gen.Int[0, 5].Select(generation => (IWireMessage)new EndGeneration(generation, "over"))),
        (1, Gen.OneOfConst<IWireMessage>(new HelloWanted("out"), new TensorsWanted(1))));

    /// <summary>Carries effects out in mind, and holds them to what must be true of all workers.</summary>
    private sealed class Laws
    {
        private readonly WorkerMachine _machine = new(WorkerRig.Id, "W", TimeSpan.FromSeconds(1));
        private readonly HashSet<WorkerTimer> _timers = [];
        private ActorAddress _watched;
        private int _prepared;
        private bool _live;
        private long _next;
        private int _ends;

        internal void Happens(WorkerEvent happened)
        {
            foreach (var effect in _machine.Next(happened))
            {
                Check(effect);
            }

            if (_machine.Phase is WorkerPhase.Searching)
            {
                Assert.Equal((ActorAddress.Nobody, true), (_watched, _timers.SetEquals([WorkerTimer.Hello, WorkerTimer.Patience])));
            }

            if (_machine.Phase is WorkerPhase.Following following)
            {
                Assert.Equal(following.Coordinator, _watched);
                Assert.DoesNotContain(WorkerTimer.Patience, _timers);
            }

            Assert.Equal(_machine.Phase is WorkerPhase.Over, _ends > 0);
            Assert.True(_ends <= 1 || happened is WorkerEvent.Abandoned);
        }

        private void Check(WorkerEffect effect)
        {
            switch (effect)
            {
                case WorkerEffect.Watch watch:
                    _watched = watch.Coordinator;
                    break;
                case WorkerEffect.Unwatch:
                    _watched = ActorAddress.Nobody;
                    break;
                case WorkerEffect.Repeat repeat:
                    _timers.Add(repeat.Timer);
                    break;
                case WorkerEffect.Wait wait:
                    _timers.Add(wait.Timer);
                    break;
                case WorkerEffect.Cancel cancel:
                    _timers.Remove(cancel.Timer);
                    break;
                case WorkerEffect.Tell tell:
                    Assert.Equal(_watched, tell.To);
                    break;
                case WorkerEffect.Prepare prepare:
                    // None is begun twice, and none before the one that it takes the place of is ended.
                    Assert.True(prepare.Generation.Generation > _prepared && !_live);
                    (_prepared, _next, _live) = (prepare.Generation.Generation, prepare.Generation.FirstStep, true);
                    break;
                case WorkerEffect.Abort abort:
                    _live &= abort.Generation < _prepared;
                    break;
                case WorkerEffect.DoLease { Lease: var lease }:
                    Assert.Equal((_prepared, _next, true), (lease.Generation, lease.FirstStep, _live));
                    _next = lease.End;
                    break;
                case WorkerEffect.Finish or WorkerEffect.Fail:
                    _ends++;
                    break;
            }
        }
    }
}
