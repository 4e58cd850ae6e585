using Cluster.Train.Checkpoints;
using Cluster.Train.Coordination;
using Cluster.Train.Journal;
using Cluster.Train.Members;
using Cluster.Train.Telemetry;
using Cluster.Train.Training;

namespace Cluster.Train.Running;

/// <summary>
/// Makes the parts of a run, for whoever puts it together: all in one process, as nodes of a cluster, or under planned faults.
/// </summary>
internal static class RunParts
{
    /// <summary>What the members of one process share.</summary>
    /// <param name="options">The run.</param>
    /// <param name="network">What reaches other processes; null where all members are in this one.</param>
    internal static ProcessContext Process(TrainingOptions options, ITensorNetwork? network = null) =>
        new(options.Task, options.Definition, options.DataDirectory, options.StepTimeout, network)
        {
            WorkersHere = network is null ? options.Workers : 1,
            Watch = options.Watch,
            EvaluationLimit = options.EvaluationLimit,
            Spans = options.Spans,
        };

    /// <summary>What the coordinator of a run is told of its job, as a node of a cluster without limits of its own.</summary>
    internal static CoordinatorSettings Settings(TrainingOptions options) => new()
    {
        Definition = options.Definition,
        Metrics = MetricSet.Of(options.Task, options.Definition.Settings),
        Workers = options.Workers,
        MinWorkers = options.Workers,
        MaxWorkers = options.Workers,
        Topology = options.Topology,
        MemberLoss = MemberLoss.IsRecovered,
        KeepsCheckpoints = options.CheckpointDirectory is not null,
        CheckpointEvery = options.CheckpointEvery,
        Hashes = options.Journal is null ? null : HashPlan.Every(options.JournalHashEvery),
        StepTimeout = options.StepTimeout,
        JoinTimeout = options.JoinTimeout,
    };

    /// <summary>The same where all workers share the coordinator's process.</summary>
    internal static CoordinatorSettings SettingsOfOneProcess(TrainingOptions options) => Settings(options) with
    {
        MemberLoss = MemberLoss.EndsJob,
        QuietPatience = TimeSpan.MaxValue,
        FarewellPatience = TimeSpan.Zero,
    };

    /// <summary>A coordinator's services: the checkpoint directory, the journal, and the snapshots of its process.</summary>
    /// <param name="options">The run.</param>
    /// <param name="process">The coordinator's process.</param>
    /// <param name="observer">Who watches.</param>
    /// <param name="store">The checkpoints, to be disposed with the services; null for none.</param>
    /// <param name="goesOn">Whether it goes on from the newest of them.</param>
    internal static CoordinatorServices Services(
        TrainingOptions options, ProcessContext process, IJobObserver observer, CheckpointStore? store, bool goesOn) =>
        new(process, new JobMetering(observer), store, goesOn)
        {
            Journal = options.Journal is { } path ? new StepJournal(path) : null,
        };

    /// <summary>The checkpoint directory; null where none was given. What lies in it is looked at when the coordinator begins.</summary>
    internal static CheckpointStore? Store(TrainingOptions options) =>
        options.CheckpointDirectory is { } directory ? new CheckpointStore(directory, options.Keep) : null;

    /// <summary>The same, for a run that nobody has begun before: what it cannot use is refused at once.</summary>
    /// <exception cref="BadInputException">It cannot be written, another process has it, or it holds checkpoints and the run does not resume.</exception>
    internal static CheckpointStore? OwnStore(TrainingOptions options)
    {
        var store = Store(options);
        store?.EnsureWritable(options.Definition.Hash());
        if (!options.Resume)
        {
            store?.EnsureEmpty();
        }

        return store;
    }

    /// <summary>A worker: who it is, and what computes.</summary>
    /// <param name="name">Its name in messages.</param>
    /// <param name="tasks">The tasks it has.</param>
    /// <param name="contextOf">What its process shares for a job.</param>
    /// <param name="device">cpu, cuda or cuda:N.</param>
    internal static (WorkerIdentity Identity, ReplicaRuntime Runtime) Worker(
        string name, IEnumerable<ITrainingTask> tasks, Func<JobDefinition, ProcessContext> contextOf, string device)
    {
        var identity = new WorkerIdentity(
            Guid.NewGuid().ToString("N"), name, Environment.MachineName, BuildVersion.Library, [.. tasks.Select(task => task.Name)]);
        return (identity, new ReplicaRuntime(identity, contextOf, device));
    }
}
