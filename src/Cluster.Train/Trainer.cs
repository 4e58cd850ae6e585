using Cluster.Train.Members;
using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Snapshots;
using Cluster.Train.Training;

namespace Cluster.Train;

/// <summary>
/// Trains a task from code, for example in a web service, a notebook or a test: no command line, nothing on the console, no
/// port, no signal handler. Several trainings may run at once in one process, each with as many threads as its workers need,
/// and models may predict meanwhile.
/// </summary>
/// <remarks>
/// What a process shares, because libtorch does: the first call loads libtorch, with the environment variables MKL_CBWR and
/// CUBLAS_WORKSPACE_CONFIG set for this process (for a portable job also ATEN_CPU_CAPABILITY and ONEDNN_MAX_CPU_ISA), memory that libtorch
/// frees kept for its next step, and finalizers held while a model computes. So all trainings of a process are portable or none
/// is, and a program that uses torch itself before calls <see cref="Native.NativeEnvironment.Prepare"/> at its beginning, or is
/// refused. libtorch has one random generator: trainings take turns at it and seed it each time, so whoever else draws from it
/// (torch.rand) while one runs ends that one with a fault; before and after, anybody may.
/// </remarks>
/// <example>
/// <code>
/// var options = TrainingOptions.For(task, workers: 2);
/// using var result = await Trainer.TrainAsync(task, options with { CheckpointDirectory = "checkpoints" }, observer: null, cancellation);
/// using var prediction = result.Model.Predict(input);
/// </code>
/// </example>
public static class Trainer
{
    /// <summary>Trains to the end, or until stopped.</summary>
    /// <param name="task">The task.</param>
    /// <param name="options">The run. <b>Default</b>: <see cref="TrainingOptions.For"/> the task, one worker.</param>
    /// <param name="observer">
    /// Is told how it goes, on a thread of its own; null for nobody. One that throws or is slow does not harm the run; one that hangs is
    /// waited for at the end for <see cref="ObserverThread.EndPatience"/> (<see cref="TrainingResult.ObserverTrouble"/>).
    /// </param>
    /// <param name="cancellation">
    /// Ends the run at the next step boundary, with a checkpoint if there is a place for one: the result is then what was reached.
    /// </param>
    /// <returns>Outcome, history and the trained model; to be disposed.</returns>
    /// <exception cref="BadInputException">The data, the checkpoint or a setting cannot be used, or libtorch was used before with other settings; one line.</exception>
    /// <exception cref="TrainingFaultException">The run could not go on; one line.</exception>
    /// <exception cref="OperationCanceledException">It was stopped before the first step.</exception>
    /// <exception cref="ArgumentException">The options are of another task.</exception>
    public static async Task<TrainingResult> TrainAsync(
        ITrainingTask task, TrainingOptions? options = null, IJobObserver? observer = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        var run = (options ?? TrainingOptions.For(task)) with { Task = task };
        if (run.Definition.Task != task.Name)
        {
            throw new ArgumentException($"the options are of task '{run.Definition.Task}', not '{task.Name}'", nameof(options));
        }

        cancellation.ThrowIfCancellationRequested();
        using var told = observer is null ? null : new UserObserver(observer);
        var history = new HistoryRecorder(told?.Thread);
        var reached = default((ProcessContext Process, ModelState State)?);
        run = run with { Ended = (process, ended) => reached = Reached(process, ended) };
        // libtorch loads in it: not on a thread that draws windows.
        var outcome = await Task.Run(() => LocalTraining.RunAsync(run, history, cancellation), CancellationToken.None).ConfigureAwait(false);
        var model = await Task.Run(() => ModelOf(run, outcome, reached), CancellationToken.None).ConfigureAwait(false);
        if (told is not null)
        {
            await Task.Run(told.Dispose, CancellationToken.None).ConfigureAwait(false);
        }

        return new TrainingResult(outcome, history.Epochs, model) { ObserverTrouble = told?.Trouble };
    }

    /// <summary>The state after the last step, as the members left it; null where there were none.</summary>
    private static (ProcessContext, ModelState)? Reached(ProcessContext process, JobOutcome outcome)
    {
        if (outcome.WasDone)
        {
            return null;
        }

        // Not disposed: so nobody uses the arrays again.
        var vector = process.Snapshots.Find(new StatePiece(outcome.Steps, StateKind.Vector, "", 0, process.Layout.VectorLength));
        var frozen = process.Snapshots.Find(new StatePiece(outcome.Steps, StateKind.Frozen, "", 0, process.Layout.FrozenLength));
        return vector is null || frozen is null
            ? throw new InvalidOperationException(Invariant($"the state of step {outcome.Steps} is not held"))
            : (process, new ModelState(outcome.Steps, Averaged(process, outcome.Steps, vector.Memory), frozen.Memory));
    }

    /// <summary>The vector with the moving average of the parameters in their place, where one is kept: what was evaluated.</summary>
    private static ReadOnlyMemory<float> Averaged(ProcessContext process, long step, ReadOnlyMemory<float> vector)
    {
        if (process.Definition.Ema is null)
        {
            return vector;
        }

        var averaged = vector.ToArray();
        foreach (var slice in process.Snapshots.Held().Where(held => held.Step == step).SelectMany(held => held.Optimizer))
        {
            var average = process.Snapshots.Find(new StatePiece(step, StateKind.Optimizer, MovingAverage.StateName, slice.Start, slice.Length))
                ?? throw new InvalidOperationException(Invariant($"the average of step {step} is not held"));
            average.Memory.CopyTo(averaged.AsMemory(checked((int)slice.Start)));
        }

        return averaged;
    }

    private static TrainedModel ModelOf(TrainingOptions run, JobOutcome outcome, (ProcessContext Process, ModelState State)? reached)
    {
        if (reached is not var (process, state))
        {
            return TrainedModel.Load(run.Task, outcome.Checkpoint!, run.DataDirectory);
        }

        return TrainedModel.Create(
            run.Definition, state.Step, outcome.ParametersSha256, process.Data.Own.Preparation,
            () => LoadedModel.Create(run.Task, run.Definition, process.Data.Own, DeviceSpec.Cpu, layout => layout.Hash == process.Layout.Hash
                ? state
                : throw new TrainingFaultException($"task '{run.Task.Name}': CreateModel makes another model at each call; it must depend on its arguments alone")));
    }

    /// <summary>Keeps the epochs' results, and tells an observer all.</summary>
    private sealed class HistoryRecorder(IJobObserver? observer) : IJobObserver
    {
        private readonly List<EpochResult> _epochs = [];

        internal IReadOnlyList<EpochResult> Epochs => _epochs;

        public void OnRoster(RosterFormed roster) => observer?.OnRoster(roster);

        public void OnProgress(JobProgress progress) => observer?.OnProgress(progress);

        public void OnEpoch(EpochResult epoch)
        {
            _epochs.Add(epoch);
            observer?.OnEpoch(epoch);
        }

        public void OnEvaluation(EvaluationPoint point) => observer?.OnEvaluation(point);

        public void OnCheckpoint(CheckpointWritten checkpoint) => observer?.OnCheckpoint(checkpoint);

        public void OnRecovery(JobRecovery recovery) => observer?.OnRecovery(recovery);

        public void OnEnd(JobEnding ending) => observer?.OnEnd(ending);

        public void OnNotice(string notice) => observer?.OnNotice(notice);
    }

    /// <summary>The caller's observer on a thread of its own; what goes wrong with it is a notice to itself, and stands in the result.</summary>
    private sealed class UserObserver : IDisposable
    {
        internal UserObserver(IJobObserver observer) => Thread = new ObserverThread(observer, Tell);

        internal ObserverThread Thread { get; }

        internal string? Trouble { get; private set; }

        public void Dispose() => Thread.Dispose();

        private void Tell(string text)
        {
            Trouble ??= text;
            Thread.OnNotice(text);
        }
    }
}
