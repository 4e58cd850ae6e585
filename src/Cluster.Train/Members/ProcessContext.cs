using System.Security.Cryptography;
using System.Text;
using Cluster.Train.Exchange;
using Cluster.Train.Exchange.Device;
using Cluster.Train.Exchange.InProcess;
using Cluster.Train.Exchange.Network;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Snapshots;
using Cluster.Train.Telemetry;
using Cluster.Train.Training;

namespace Cluster.Train.Members;

/// <summary>
/// What the members of one process share for a job: the data, the exchange, the snapshots. It outlives actors and
/// actor systems.
/// </summary>
internal sealed class ProcessContext
{
    /// <summary>How long a peer may take to let this process in, and then for each MiB.</summary>
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(20);

    private readonly Lazy<OpenedData> _data;
    private readonly Lazy<string> _sampleDigest;
    private readonly InProcessExchangeHub _hub = new();
    private readonly DeviceExchangeHub _devices = new();
    private readonly object _gate = new();
    private ParameterLayout? _layout;
    private (int Generation, CancellationTokenSource Abort)? _joining;
    private int _overUpTo;
    private long? _stepsPerEpoch;

    /// <summary>Creates the context of one job in this process.</summary>
    /// <param name="task">The task.</param>
    /// <param name="definition">The job.</param>
    /// <param name="dataDirectory">What <c>--data</c> names; null where it was not given.</param>
    /// <param name="stepTimeout">How long a member waits for the others within a step.</param>
    /// <param name="network">What reaches other processes; null where all members are in this one.</param>
    internal ProcessContext(
        ITrainingTask task, JobDefinition definition, string? dataDirectory, TimeSpan stepTimeout, ITensorNetwork? network = null)
    {
        Task = task;
        Definition = definition;
        StepTimeout = stepTimeout;
        Patience = stepTimeout;
        Network = network;
        ProcessTime.EnsureStarted();
        _data = new Lazy<OpenedData>(() =>
        {
            var data = TaskDataOpener.Open(task, definition, dataDirectory);
            return data with { Evaluation = EvaluationLimit?.Within(data.Evaluation) ?? data.Evaluation };
        });
        _sampleDigest = new Lazy<string>(() => ReadProbe.Digest(task.Name, Data.Training, Data.Evaluation));
    }

    /// <summary>Workers of the job in this process.</summary>
    internal int WorkersHere { get; init; } = 1;

    internal ITrainingTask Task { get; }

    internal JobDefinition Definition { get; }

    internal TimeSpan StepTimeout { get; }

    /// <summary>How long a member waits for the others within a step, evaluations considered.</summary>
    internal StepPatience Patience { get; private set; }

    internal ITensorNetwork? Network { get; }

    /// <summary>Where this process has the file that the job's weights come from; null where the job says it.</summary>
    internal string? InitPath { get; init; }

    /// <summary>The program that computes here; empty where all members are in one process.</summary>
    internal string Build { get; init; } = "";

    /// <summary>Sees the state after each step; null for nobody.</summary>
    internal IStateWatch? Watch { get; init; }

    /// <summary>Takes the phases of the workers' steps, for a trace; null for nobody.</summary>
    internal IStepSpans? Spans { get; init; }

    /// <summary>How much of the evaluation data is evaluated; null for all.</summary>
    internal EvaluationLimit? EvaluationLimit { get; init; }

    internal SnapshotStore Snapshots { get; } = new();

    /// <summary>What a few samples are as this process reads them.</summary>
    /// <exception cref="BadInputException">They are not the same twice.</exception>
    internal string SampleDigest => _sampleDigest.Value;

    /// <summary>The task's data, opened once.</summary>
    internal OpenedData Data => _data.Value;

    /// <summary>Which samples belong to which step and shard.</summary>
    /// <exception cref="BadInputException">The batch is smaller than the number of shards.</exception>
    internal BatchPlan Plan => BatchPlan.Of(Definition, Data.EpochSamples);

    /// <summary>Steps of an epoch; known of a replica's description where this process has no data.</summary>
    internal long StepsPerEpoch => _stepsPerEpoch ?? Plan.StepsPerEpoch;

    /// <summary>What identifies the data, and what was fitted on it.</summary>
    internal string DataFingerprint => $"{Data.Training.Fingerprint} {Data.Evaluation.Fingerprint}"
        + (Data.Order is { } order ? $" in order {order.Name}" : "")
        + (Data.Own.Preparation is { } preparation ? $" prepared {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(preparation)))}" : "");

    /// <summary>The layout of the model, known once a replica was made.</summary>
    internal ParameterLayout Layout
    {
        get => _layout ?? throw new InvalidOperationException("no replica was made yet");
        set => _layout ??= value;
    }

    /// <summary>Says when the members of the job evaluate, once the data is known.</summary>
    /// <param name="trainingSamples">Samples of an epoch.</param>
    /// <param name="evaluationSamples">Samples of an evaluation; 0 for none.</param>
    internal void EvaluateBetween(int trainingSamples, int evaluationSamples)
    {
        _stepsPerEpoch = BatchPlan.Of(Definition, trainingSamples).StepsPerEpoch;
        Patience = new StepPatience(StepTimeout, evaluationSamples > 0 ? Definition.EvaluateEvery.Steps(_stepsPerEpoch.Value) : null);
    }

    /// <summary>Takes a member's place in a generation: its side of the exchange, and its slice with the update rule.</summary>
    /// <param name="generation">The generation.</param>
    /// <param name="member">Its entry in the roster.</param>
    /// <param name="name">Its name in messages.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="sink">Takes messages to the coordinator, from any thread.</param>
    internal MemberPlace Join(PrepareGeneration generation, RosterMember member, string name, DeviceSpec device, Action<IGenerationMessage> sink)
    {
        var roster = ExchangeRosters.From(generation.Roster, Definition, Layout);
        var inputs = ExchangeRosters.Inputs(generation.Roster, Definition.Shards);
        var reduced = new PlateauRate(Definition.Schedule, JobSchedule.RateOf(Task, Definition, new RunSteps(generation.TotalSteps, StepsPerEpoch)));
        Func<long, float> rate = reduced.Of;
        var optimizer = OwnUpdate.Found(Task.Name, Definition.Optimizer, Task.UpdateRules);
        if (StaysOnDevice(generation.Roster, member, device, sink, generation.Generation))
        {
            var onDevice = member.Slice.Length == 0
                ? null
                : DeviceSliceOwner.On(device, member.Slice, Layout.ParameterLength, Definition.Shards, inputs, optimizer, rate, Definition.ClipNorm, Layout.Groups,
                    Definition.Ema, Layout.WeightPosition);
            return new MemberPlace(
                member.WorkerId, name, generation, member, _devices.Join(roster, member.Rank, onDevice, device, Patience), onDevice, this, sink)
            {
                Rate = reduced,
            };
        }

        var owner = member.Slice.Length == 0
            ? null
            : new SliceOwner(
                member.Slice, Layout.ParameterLength, Definition.Shards, inputs, optimizer, rate, Definition.ClipNorm, Layout.Groups, Definition.Ema,
                Layout.WeightPosition, roster.Norms)
            {
                NormOrder = BlockMemory.NormOrderOf(Definition.Device),
            };
        var exchange = Network is null
            ? _hub.Join(roster, member.Rank, owner, Patience)
            : Network.Join(
                roster, member.Rank, owner, Patience,
                loss => sink(new WorkerFault(member.WorkerId, generation.Generation, FaultKind.ExchangeLost, loss.Message, loss.Rank)),
                AbortOf(generation.Generation));
        if (exchange is NetworkExchange { Advice: { } advice } && member.Rank == 0)
        {
            sink(new WorkerNotice(member.WorkerId, generation.Generation, advice));
        }

        return new MemberPlace(member.WorkerId, name, generation, member, exchange, owner, this, sink) { Rate = reduced };
    }

    /// <summary>Whether a member's blocks lie on its device: where no other process and no slice of the coordinator's needs them.</summary>
    private bool StaysOnDevice(Roster roster, RosterMember member, DeviceSpec device, Action<IGenerationMessage> sink, int generation)
    {
        if (Network is not null || !BlockMemory.OnDevice(device) || roster.Members.Any(other => other.IsCoordinator))
        {
            return false;
        }

        // Found by computing, and the same for all members: their numerics class is one, or they were not let in.
        var difference = DeviceArithmetic.Difference(device, Definition.Optimizer, Definition.Ema);
        if (difference is not null && member.Rank == 0)
        {
            sink(new WorkerNotice(member.WorkerId, generation, $"{device.Model} computes other bits of {difference} than a processor, so the tensors are exchanged through the processor's memory, which is slower"));
        }

        return difference is null;
    }

    /// <summary>Lets the members of a generation fetch this process's snapshots.</summary>
    internal void Admit(Roster roster)
    {
        if (Network is not null)
        {
            Network.Serve(Definition.Hash(), Snapshots);
            Network.Admit(ExchangeRosters.From(roster, Definition, Layout));
        }
    }

    /// <summary>How a member of a roster fetches pieces of snapshots.</summary>
    internal FetchState Fetch(Roster roster, RosterMember member)
    {
        if (Network is null)
        {
            return (_, _, _) => "all members are in this process";
        }

        var exchange = ExchangeRosters.From(roster, Definition, Layout);
        return (holder, piece, destination) => holder.Endpoint is null
            ? "it is in another process without a network"
            : Network.Fetch(exchange, member.Rank, holder.Endpoint, piece, destination, FetchTimeout);
    }

    /// <summary>Generations up to this one are over.</summary>
    internal void End(int generation)
    {
        lock (_gate)
        {
            _overUpTo = Math.Max(_overUpTo, generation);
            Monitor.PulseAll(_gate);
            if (_joining is { } joining && joining.Generation <= generation)
            {
                joining.Abort.Cancel();
            }
        }
    }

    /// <summary>Waits for a moment, or until a generation is over.</summary>
    /// <returns>Whether it is over.</returns>
    internal bool WaitUntilOver(int generation, TimeSpan longest)
    {
        lock (_gate)
        {
            if (_overUpTo < generation)
            {
                Monitor.Wait(_gate, longest);
            }

            return _overUpTo >= generation;
        }
    }

    /// <summary>Ends waiting for the members of a generation when it is over.</summary>
    private CancellationToken AbortOf(int generation)
    {
        lock (_gate)
        {
            var abort = new CancellationTokenSource();
            _joining = (generation, abort);
            if (_overUpTo >= generation)
            {
                abort.Cancel();
            }

            return abort.Token;
        }
    }
}
