using Cluster.Train.Checkpoints;
using Cluster.Train.Faults;
using Cluster.Train.Members;
using Cluster.Train.Running;
using Cluster.Train.Training;

namespace Cluster.Train.Verification;

/// <summary>Trains a job in the way that a variant says.</summary>
/// <param name="task">The task.</param>
/// <param name="definition">The job.</param>
/// <param name="options">What else is to be known.</param>
/// <param name="folder">Where checkpoints can go.</param>
internal sealed class VariantRunner(ITrainingTask task, JobDefinition definition, VerificationOptions options, string folder)
{
    /// <summary>Random faults make others wait for somebody who will not come: for so many mean steps of the reference.</summary>
    private const double StepsOfPatience = 20;

    private const long CheckpointEvery = 10;

    private static readonly TimeSpan ShortestPatience = TimeSpan.FromSeconds(5);

    private int _folders;

    /// <summary>How much of the evaluation data each variant evaluates; null for all.</summary>
    internal EvaluationLimit? EvaluationLimit { get; } = options.Full ? null : EvaluationLimit.Of(definition);

    /// <summary>How long a step of the reference took, in the mean; null before it is known.</summary>
    internal TimeSpan? MeanStep { get; set; }

    /// <summary>Trains it to its end.</summary>
    /// <param name="variant">In which way.</param>
    /// <param name="watch">Sees the states.</param>
    /// <param name="observer">Keeps the evaluations.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="BadInputException">The job cannot be trained in this way.</exception>
    /// <exception cref="TrainingFaultException">It did not come to its end.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    internal async Task<RunTrace> RunAsync(Variant variant, IStateWatch watch, TraceObserver observer, CancellationToken stop)
    {
        var run = new TrainingOptions
        {
            Task = task,
            Definition = definition,
            DataDirectory = options.DataDirectory,
            Workers = variant.Workers,
            Topology = variant.Topology,
            Device = options.Device,
            StepTimeout = variant.Plan.Seed is null ? options.StepTimeout : Patience(),
            JoinTimeout = options.JoinTimeout,
            LogLevel = options.LogLevel,
            Watch = watch,
            EvaluationLimit = EvaluationLimit,
        };
        return variant switch
        {
            { Kind: VariantKind.Resumed } => await ResumeAsync(variant, run, observer, stop).ConfigureAwait(false),
            { Transport: Transport.Memory } => Trace(await LocalTraining.RunAsync(run, observer, stop).ConfigureAwait(false), observer, stop),
            _ => await RunAsClusterAsync(variant, run, observer, stop).ConfigureAwait(false),
        };
    }

    /// <summary>As if the run had been ended right after the checkpoint: later ones are removed.</summary>
    private async Task<RunTrace> ResumeAsync(Variant variant, TrainingOptions run, TraceObserver observer, CancellationToken stop)
    {
        run = run with { CheckpointDirectory = NewFolder(), CheckpointEvery = variant.From, Keep = int.MaxValue };
        Trace(await LocalTraining.RunAsync(run, observer, stop).ConfigureAwait(false), observer, stop);
        foreach (var later in CheckpointFinder.StepsIn(run.CheckpointDirectory).Where(step => step > variant.From))
        {
            Directory.Delete(Path.Combine(run.CheckpointDirectory, CheckpointManifest.NameOf(later)), recursive: true);
        }

        run = run with { Workers = variant.WorkersAfter, Resume = true };
        return Trace(await LocalTraining.RunAsync(run, observer, stop).ConfigureAwait(false), observer, stop);
    }

    private async Task<RunTrace> RunAsClusterAsync(Variant variant, TrainingOptions run, TraceObserver observer, CancellationToken stop)
    {
        if (variant.Plan.Seed is not null)
        {
            // Whatever random faults take away, there is something to go on from.
            run = run with { CheckpointDirectory = NewFolder(), CheckpointEvery = CheckpointEvery };
        }

        var settings = new FaultyTrainingSettings
        {
            SharesMemory = variant.Transport == Transport.SharedMemory,
            SnapshotEvery = variant.SnapshotEvery,
        };
        var outcome = await FaultyTraining.RunAsync(run, variant.Plan, settings, observer, stop).ConfigureAwait(false);
        var trace = Trace(outcome.Job, observer, stop);
        if (variant.Plan.Seed is null && outcome.Struck.Length < variant.Plan.Faults.Length)
        {
            var missed = string.Join("; ", variant.Plan.Faults.Except(outcome.Struck));
            throw new TrainingFaultException($"it ended before all of its faults struck, so it shows nothing; missed: {missed}");
        }

        return trace with { Remark = outcome.NotShared is { } reason ? $"over TCP, because memory cannot be shared here ({reason})" : null };
    }

    private static RunTrace Trace(JobOutcome outcome, TraceObserver observer, CancellationToken stop)
    {
        if (!outcome.Completed)
        {
            throw new OperationCanceledException(stop);
        }

        return new RunTrace(outcome.ParametersSha256) { Outcome = outcome, Evaluations = observer.Evaluations };
    }

    private TimeSpan Patience()
    {
        var patience = MeanStep * StepsOfPatience ?? options.StepTimeout;
        patience = patience < ShortestPatience ? ShortestPatience : patience;
        return patience < options.StepTimeout ? patience : options.StepTimeout;
    }

    private string NewFolder() => Path.Combine(folder, Invariant($"checkpoints-{++_folders}"));
}
