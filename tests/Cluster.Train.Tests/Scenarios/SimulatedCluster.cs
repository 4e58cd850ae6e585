using Akka.Actor;
using Cluster.Train.Actors;
using Cluster.Train.Coordination;
using Cluster.Train.Exchange;
using Cluster.Train.Faults;
using Cluster.Train.Members;
using Cluster.Train.Membership;
using Cluster.Train.Snapshots;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Scenarios;

/// <summary>
/// Real coordinators and workers in processes and on a network that are simulated in virtual time: who dies, hangs or is
/// cut off, what the others notice of it and when, and what is started in its place.
/// </summary>
internal sealed partial class SimulatedCluster
{
    private static readonly TimeSpan TensorLatency = TimeSpan.FromMicroseconds(200);
    private static readonly TimeSpan ConnectionLoss = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan DeathNotice = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan DownAfter = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan RestartTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan WorkerPatience = TimeSpan.FromMinutes(2);

    private readonly Func<SimulatedModel, CoordinatorSettings> _settings;
    private readonly StableRandom _random;
    private readonly List<SimulatedProcess> _processes = [];
    private readonly List<ControlLink> _links = [];
    private readonly List<(SimulatedProcess By, Roster Roster, Action<PeerLoss> Lost)> _watches = [];
    private readonly List<WorkerRun> _workers = [];
    private readonly HashSet<(string One, string Other)> _parted = [];
    private SimulatedProcess? _coordinator;
    private IActorRef? _coordinatorActor;
    private int _numbers;

    internal SimulatedCluster(
        Stage stage, SimulatedModel model, FaultInjector faults, long seed, Func<SimulatedModel, CoordinatorSettings> settings)
    {
        (Stage, Model, Faults, _settings) = (stage, model, faults, settings);
        _random = new StableRandom(seed, stream: 1);
        StepTimeout = settings(model).StepTimeout;
    }

    internal Stage Stage { get; }

    internal VirtualScheduler Clock => Stage.Clock;

    internal SimulatedModel Model { get; }

    internal FaultInjector Faults { get; }

    internal JobRecorder Observer { get; } = new();

    /// <summary>The checkpoints, by step.</summary>
    internal Dictionary<long, TrainingState> Disk { get; } = [];

    /// <summary>How many batches, of a second each, a worker's (its name) part of an evaluation has; a negative number for one that hangs after so many.</summary>
    internal Func<string, long, int>? EvaluationBatches { get; set; }

    /// <summary>Is told of each checkpoint that has reached the disk, before its coordinator is.</summary>
    internal Action<long>? Written { get; set; }

    internal TimeSpan StepTimeout { get; }

    /// <summary>Whether a process that died is started again, under its name and as somebody else.</summary>
    internal bool Restarts { get; init; } = true;

    /// <summary>Changes the parameters of a worker (its name) when it makes a snapshot (its step).</summary>
    internal Action<string, long, float[]>? Corrupt { get; set; }

    /// <summary>The frozen values of a worker (its name); null for those of all others.</summary>
    internal Func<string, float[]?>? Frozen { get; set; }

    /// <summary>Names of workers whose address for tensors nobody resolves.</summary>
    internal HashSet<string> Unresolved { get; } = [];

    /// <summary>Whether each control message comes once more, long after its time.</summary>
    internal bool Echoes { get; set; }

    internal IReadOnlyList<WorkerRun> Workers => _workers;

    /// <summary>The workers that are there and have not ended.</summary>
    internal IEnumerable<WorkerRun> Present => _workers.Where(run => run.Process.Responds && !run.Ended.IsCompleted);

    /// <summary>How the newest coordinator ended; not complete while it works, or while there is none.</summary>
    internal Task<JobOutcome>? Ended { get; private set; }

    internal Exception? StageError => Stage.Error;

    internal void StartCoordinator()
    {
        var process = NewProcess(PlannedFault.Coordinator, workerId: "");
        var completion = new TaskCompletionSource<JobOutcome>();
        var settings = _settings(Model) with { Succeeds = _coordinator is not null };
        _coordinator = process;
        Ended = completion.Task;
        _coordinatorActor = Stage.Start(CoordinatorActor.Props(settings, new SimulatedServices(this, process), completion));
    }

    internal WorkerRun StartWorker(string name)
    {
        var workerId = $"{name}#{_numbers + 1}";
        var run = new WorkerRun(NewProcess(name, workerId), new WorkerIdentity(workerId, name, name, "build", SimulatedModel.Tasks));
        _workers.Add(run);
        StartActor(run);
        return run;
    }

    internal WorkerRun Worker(string name) => _workers.Last(run => run.Process.Name == name);

    /// <summary>Does something in a worker's process once, when the job has completed some steps.</summary>
    internal void At(long completedSteps, Action action)
    {
        var before = Observer.Progressed;
        var done = false;
        Observer.Progressed = steps =>
        {
            before?.Invoke(steps);
            if (steps >= completedSteps && !done)
            {
                done = true;
                Clock.After(TimeSpan.Zero, action);
            }
        };
    }

    /// <summary>Asks a worker to leave in good order.</summary>
    internal void Leave(string name)
    {
        var run = Worker(name);
        run.Process.Do(() => run.Actor.Tell(WorkerActor.Leave));
    }

    /// <summary>What Ctrl-C does.</summary>
    internal void Stop() => _coordinator!.Do(() => _coordinatorActor.Tell(CoordinatorActor.StopJob));

    /// <summary>What <c>kill -9</c> does to the coordinator.</summary>
    internal void Crash() => _coordinator!.Fail();

    internal TimeSpan Random(TimeSpan below) => TimeSpan.FromMilliseconds(_random.Below((int)below.TotalMilliseconds));

    internal TimeSpan ComputeTime() => TimeSpan.FromTicks(40_000 + (1_000 * _random.Below(20)));

    internal SimulatedProcess? Find(string? endpoint) => _processes.Find(process => process.Endpoint == endpoint);

    internal float[] FrozenOf(SimulatedProcess process) => Frozen?.Invoke(process.Name) ?? Model.Frozen;

    /// <summary>What a coordinator finds where the last checkpoint is the job's end.</summary>
    internal JobOutcome Finished(long steps)
    {
        var (vector, _) = Model.StateAfter(steps);
        return new JobOutcome
        {
            Completed = true,
            WasDone = true,
            Steps = steps,
            Epochs = 0,
            Samples = 0,
            Loss = 0,
            Evaluation = null,
            Elapsed = TimeSpan.Zero,
            Workers = 0,
            Topology = "",
            ParameterCount = 0,
            ParametersSha256 = ParametersHash.Sha256(Model.Layout, (start, length) => vector.AsSpan((int)start, length), Model.Frozen),
            Generations = 0,
            Recoveries = 0,
            ReplayedSteps = 0,
            Checkpoint = $"step-{steps}",
        };
    }

    internal void EachProcess(Roster roster, Func<SimulatedProcess, Action?> act)
    {
        foreach (var process in roster.Members.Select(member => Find(member.Endpoint)).OfType<SimulatedProcess>())
        {
            if (act(process) is { } action)
            {
                process.Do(action);
            }
        }
    }

    internal void Send(SimulatedProcess from, RosterMember to, int generation, Action<SimulatedLoop> deliver)
    {
        if (Find(to.Endpoint) is { } target)
        {
            Clock.After(TensorLatency, () =>
            {
                if (from.Reaches(target))
                {
                    target.Do(() =>
                    {
                        if (target.Member.Loop is { IsOver: false } loop && loop.Generation == generation)
                        {
                            deliver(loop);
                        }
                    });
                }
            });
        }
    }

    /// <summary>From now on two workers cannot reach each other, though the coordinator reaches both.</summary>
    internal void Part(string one, string other)
    {
        _parted.Add((one, other));
        foreach (var (process, peer) in _processes.Where(process => process.Name == one).SelectMany(process => _processes.Where(peer => peer.Name == other).Select(peer => (process, peer))))
        {
            peer.After(ConnectionLoss, () => Lose(peer, process));
            process.After(ConnectionLoss, () => Lose(process, peer));
        }
    }

    /// <summary>From now on all can reach each other again.</summary>
    internal void Mend() => _parted.Clear();

    internal bool AreParted(SimulatedProcess one, SimulatedProcess other) =>
        (Unresolved.Contains(one.Name) && other != _coordinator) || (Unresolved.Contains(other.Name) && one != _coordinator)
        || _parted.Contains((one.Name, other.Name)) || _parted.Contains((other.Name, one.Name));

    internal FetchState FetchFor(SimulatedProcess self) => (holder, piece, destination) =>
    {
        if (Find(holder.Endpoint) is not { } target || !self.Reaches(target) || target.Hangs)
        {
            return $"{holder.WorkerId} cannot be reached";
        }

        using var values = target.Store.Find(piece);
        if (values is null)
        {
            return $"{holder.WorkerId} does not hold it";
        }

        values.Memory.Span.CopyTo(destination);
        return null;
    };

    internal IDisposable Watch(SimulatedProcess by, Roster roster, Action<PeerLoss> lost)
    {
        var watch = (by, roster, lost);
        _watches.Add(watch);
        foreach (var member in roster.Workers.Where(member => Find(member.Endpoint) is { } process && Unresolved.Contains(process.Name)))
        {
            by.After(ConnectionLoss, () =>
            {
                if (_watches.Contains(watch))
                {
                    lost(new PeerLoss(member.Rank, $"{member.Name} cannot be reached", NeverReached: true));
                }
            });
        }

        return new Ending(() => _watches.Remove(watch));
    }

    /// <summary>The control connection that a worker's messages take to the coordinator of the moment; null for none.</summary>
    internal ControlLink? LinkOf(WorkerRun run)
    {
        if (_coordinator is not { } coordinator || _coordinatorActor is not { } actor || !run.Process.Reaches(coordinator))
        {
            return null;
        }

        var link = _links.Find(candidate => candidate.IsBetween(run.Actor, actor));
        if (link is null)
        {
            _links.Add(link = new ControlLink(this, run.Process, run.Actor, coordinator, actor));
        }

        return link;
    }

    private SimulatedProcess NewProcess(string name, string workerId)
    {
        var process = new SimulatedProcess(this, name, ++_numbers);
        process.Member = new SimulatedMember(this, process, workerId);
        _processes.Add(process);
        return process;
    }

    private void StartActor(WorkerRun run)
    {
        var completion = new TaskCompletionSource<WorkerOutcome>();
        run.Ended = completion.Task;
        var gate = Stage.Start(Props.Create(() => new Gate(this, run)));
        run.Actor = Stage.Start(WorkerActor.Props(run.Identity, gate, run.Process.Member, WorkerPatience, completion));
    }
}
