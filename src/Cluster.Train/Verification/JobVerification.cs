using System.Collections.Immutable;
using Cluster.Train.Members;
using Cluster.Train.Training;

namespace Cluster.Train.Verification;

/// <summary>
/// A proof for a model of one's own: trains its task for some steps with one to four workers, both topologies, through memory,
/// shared memory and TCP, resumed from a checkpoint, struck by faults, and once more as it was, and compares the state after
/// each step. It is for a user's test suite as well as for <c>verify</c> of the command line.
/// </summary>
/// <example>
/// <code>
/// var report = await JobVerification.RunAsync(new SpiralTask());
/// Assert.True(report.AllAgree, report.ToString());
/// </code>
/// </example>
public static class JobVerification
{
    /// <summary>The environment variable that tells a process that it is the other one of <see cref="VerificationOptions.StartOtherProcess"/>.</summary>
    public const string OtherProcessVariable = "CLUSTER_TRAIN_VERIFY_FOLDER";

    private const string NoOtherProcess =
        "once more in another process, which the command line's verify does (it finds what differs from process to process, as HashCode does)";

    private const string NoReference = "all other variants: there is nothing to compare them with";

    /// <summary>How long a variant that is too late may take to end, once it is told to.</summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(20);

    /// <summary>Trains all variants, one after the other, and compares them with the first.</summary>
    /// <param name="task">The task.</param>
    /// <param name="options">What is verified; null for the defaults.</param>
    /// <param name="stop">Ends it early.</param>
    /// <returns>What came of each; a variant that cannot be trained is among them, with the reason.</returns>
    /// <exception cref="BadInputException">The data or a setting cannot be used, so that not even the reference comes to its first step.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static async Task<VerificationReport> RunAsync(
        ITrainingTask task, VerificationOptions? options = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        options ??= new VerificationOptions();
        var definition = options.Definition ?? VerificationOptions.DefinitionOf(task, options.Device);
        var folder = Directory.CreateTempSubdirectory("cluster-train-verify-");
        try
        {
            return await new Verifying(task, definition, options, folder.FullName, stop).RunAsync().ConfigureAwait(false);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What the other process does: the reference run, compared with that of the first process.</summary>
    /// <param name="task">The task.</param>
    /// <param name="options">As in the first process.</param>
    /// <param name="folder">What <see cref="OtherProcessVariable"/> says.</param>
    /// <param name="stop">Ends it early.</param>
    public static async Task RunAsOtherProcessAsync(ITrainingTask task, VerificationOptions options, string folder, CancellationToken stop)
    {
        var definition = options.Definition ?? VerificationOptions.DefinitionOf(task, options.Device);
        var (files, observer) = (new OtherProcess(folder), new TraceObserver((_, _) => { }));
        var comparison = new StateComparison(files.Take());
        var reference = Variant.Of(definition.Shards, steps: 1, full: false, otherProcess: false)[0];
        var trace = await new VariantRunner(task, definition, options, folder).RunAsync(reference, comparison, observer, stop).ConfigureAwait(false);
        files.Return(trace with { Parting = comparison.Parting });
    }

    /// <summary>One verification.</summary>
    private sealed class Verifying(ITrainingTask task, JobDefinition definition, VerificationOptions options, string folder, CancellationToken stop)
    {
        private readonly VariantRunner _runner = new(task, definition, options, folder);
        private readonly StateRecord _record = new(options.LargestCopy);
        private RunTrace _reference = new("");
        private int _number;
        private int _variants;
        private bool _hangs;

        internal async Task<VerificationReport> RunAsync()
        {
            var planned = Plan(definition.Length.Steps ?? 2);
            _variants = planned.Length;
            var result = await TryAsync(planned[0], async (observer, late) =>
            {
                _reference = await _runner.RunAsync(planned[0], _record, observer, late).ConfigureAwait(false);
                return new VariantResult(planned[0].Name) { ParametersSha256 = _reference.ParametersSha256 };
            }).ConfigureAwait(false);
            if (_reference.Outcome is not { } outcome || result.Failure is not null)
            {
                return Report(0, 0, [result], [NoReference]);
            }

            _runner.MeanStep = outcome.Elapsed / Math.Max(1, outcome.Steps);
            var results = ImmutableArray.CreateBuilder<VariantResult>();
            results.Add(result);
            foreach (var variant in Plan(outcome.Steps).Skip(1))
            {
                results.Add(await TryAsync(variant, (observer, late) => variant.Kind == VariantKind.OtherProcess
                    ? RunInOtherProcessAsync(variant, late)
                    : CompareAsync(variant, observer, late)).ConfigureAwait(false));
            }

            return Report(
                outcome.Steps, outcome.ParameterCount, LikelyCause.Explain(results.ToImmutable()),
                [.. Variant.WithoutRoom(definition.Shards, outcome.Steps), .. options.StartOtherProcess is null ? [NoOtherProcess] : Array.Empty<string>()]);
        }

        private ImmutableArray<Variant> Plan(long steps) => Variant.Of(definition.Shards, steps, options.Full, options.StartOtherProcess is not null);

        private VerificationReport Report(long steps, long parameters, ImmutableArray<VariantResult> results, ImmutableArray<string> leftOut) => new()
        {
            Task = task.Name,
            Definition = definition,
            Steps = steps,
            ParameterCount = parameters,
            EvaluationSamples = _reference.Outcome?.Evaluation?.Samples ?? 0,
            EvaluationSamplesGiven = Math.Max(_reference.Outcome?.Evaluation?.Samples ?? 0, _runner.EvaluationLimit?.Given ?? 0),
            Variants = results,
            LeftOut = leftOut,
        };

        /// <summary>Trains a variant within its time; what goes wrong is its result.</summary>
        private async Task<VariantResult> TryAsync(Variant variant, Func<TraceObserver, CancellationToken, Task<VariantResult>> run)
        {
            stop.ThrowIfCancellationRequested();
            var number = ++_number;
            var observer = new TraceObserver((done, total) => options.Progress?.Report(new VerificationProgress(number, _variants, variant.Name, done, total)));
            options.Progress?.Report(new VerificationProgress(number, _variants, variant.Name, 0, 0));
            var failed = new VariantResult(variant.Name) { Kind = variant.Kind };
            if (_hangs)
            {
                return failed with { Failure = "not trained: the one before it still hangs" };
            }

            using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
            // A task's code may hang before the first await.
            var running = Task.Run(() => run(observer, late.Token), CancellationToken.None);
            if (await Task.WhenAny(running, Task.Delay(options.VariantTimeout, late.Token)).ConfigureAwait(false) != running)
            {
                await late.CancelAsync().ConfigureAwait(false);
                _hangs = await Task.WhenAny(running, Task.Delay(LongestEnd, CancellationToken.None)).ConfigureAwait(false) != running;
                stop.ThrowIfCancellationRequested();
                return failed with { Failure = Invariant($"did not end within {options.VariantTimeout.TotalSeconds:0} s; it was at step {observer.CompletedSteps}") };
            }

            try
            {
                return (await running.ConfigureAwait(false)) with { Kind = variant.Kind };
            }
            // What keeps the reference from its first step concerns data and settings, not the bits.
            catch (Exception error) when (error is TrainingFaultException || (error is BadInputException && (observer.HasBegun || variant.Kind != VariantKind.Reference)))
            {
                return failed with { Failure = error.Message };
            }
            finally
            {
                await late.CancelAsync().ConfigureAwait(false);
            }
        }

        private async Task<VariantResult> CompareAsync(Variant variant, TraceObserver observer, CancellationToken late)
        {
            var comparison = new StateComparison(_record);
            var trace = await _runner.RunAsync(variant, comparison, observer, late).ConfigureAwait(false);
            return await ResultAsync(variant, trace with { Parting = comparison.Parting }, late).ConfigureAwait(false);
        }

        private async Task<VariantResult> RunInOtherProcessAsync(Variant variant, CancellationToken late)
        {
            var files = new OtherProcess(folder);
            files.Give(_record);
            return await options.StartOtherProcess!(folder, late).ConfigureAwait(false) is { } failure
                ? throw new TrainingFaultException(failure)
                : await ResultAsync(variant, files.Result(), late).ConfigureAwait(false);
        }

        private async Task<VariantResult> ResultAsync(Variant variant, RunTrace trace, CancellationToken late)
        {
            var evaluation = trace.EvaluationDifference(_reference);
            var difference = trace.Parting is { } parting && (evaluation is null || parting.Step <= evaluation.Step)
                ? await DescribeAsync(parting, late).ConfigureAwait(false)
                : evaluation;
            // What moves a parameter after the last step shows in the hash alone.
            if (difference is null && trace.ParametersSha256 != _reference.ParametersSha256)
            {
                difference = new VariantDifference(
                    _reference.Outcome!.Steps, "the SHA-256 of the parameters at the end", "", _reference.ParametersSha256, trace.ParametersSha256);
            }

            return new VariantResult(variant.Name) { ParametersSha256 = trace.ParametersSha256, Difference = difference, Remark = trace.Remark };
        }

        /// <summary>Names tensor and element; the reference is trained again where its values were too many to be kept.</summary>
        private async Task<VariantDifference> DescribeAsync(StateParting parting, CancellationToken late)
        {
            var tensor = _record.Layout!.Tensors[parting.Tensor];
            var expected = _record.Values(parting.Step, parting.Tensor);
            if (expected is null)
            {
                var capture = new StateCapture(parting.Step, parting.Tensor);
                await _runner.RunAsync(Plan(1)[0], capture, new TraceObserver((_, _) => { }), late).ConfigureAwait(false);
                expected = capture.Values ?? [];
            }

            var what = tensor.Role switch
            {
                TensorRole.Trainable => "parameter",
                TensorRole.Frozen => "frozen parameter",
                _ => "buffer",
            };
            var (element, there, here) = StateComparison.FirstDifference(tensor, expected, parting.Found)
                ?? ("", "other bits, which did not come again when it was trained once more", "not known");
            return new VariantDifference(parting.Step, $"{what} '{tensor.Name}'", element, there, here);
        }
    }

    /// <summary>Copies one tensor after one step.</summary>
    private sealed class StateCapture(long step, int tensor) : IStateWatch
    {
        internal float[]? Values { get; private set; }

        public void OnState(long completedSteps, ModelReplica replica)
        {
            if (completedSteps == step)
            {
                Values = new ReplicaValues(replica).Of(replica.Layout.Tensors[tensor]).ToArray();
            }
        }
    }
}
