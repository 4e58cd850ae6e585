using Cluster.Train.Nodes;
using Cluster.Train.Protocol;

namespace Cluster.Train.Hosting.Dashboard;

/// <summary>
/// All that a dashboard shows of a job: what an observer is told goes in, and stays in bounded memory however long the job runs. Pure:
/// the time is given.
/// </summary>
internal sealed class JobHistory
{
    /// <summary>How many curves, happenings and notices are kept at most.</summary>
    public const int MostCurves = 64, MostHappenings = 200, MostNotices = 50;

    private const int MostText = 1000;
    private const string LossKind = "loss";

    /// <summary>So long another node's word that it coordinates means less than what this one's coordinator says.</summary>
    private const double SignSeconds = 5;

    private readonly List<Curve> _curves = [];
    private readonly List<Happening> _happenings = [];
    private readonly List<ToldNotice> _notices = [];
    private readonly StepTimeBook _stepTime = new();
    private double _lastSign = double.NegativeInfinity;

    /// <summary>Grows with everything that is taken.</summary>
    public long Changes { get; private set; }

    /// <summary>How it stands, why, and since when.</summary>
    public (JobStanding Standing, string Reason, double Since) Standing { get; private set; } = (JobStanding.Waiting, "", 0);

    /// <summary>Whether nothing more will come of it.</summary>
    public bool IsOver => Standing.Standing is JobStanding.Done or JobStanding.Stopped or JobStanding.Failed;

    /// <summary>The newest generation; null before the first.</summary>
    public RosterFormed? Roster { get; private set; }

    /// <summary>The newest progress; null before the first.</summary>
    public JobProgress? Progress { get; private set; }

    /// <summary>From which step on it was told of the job: more than 0 after a takeover or a resume.</summary>
    public long FirstStep { get; private set; }

    /// <summary>Steps done.</summary>
    public long Steps { get; private set; }

    /// <summary>Mean loss of the epoch so far, or of the last one; null before the first.</summary>
    public double? Loss { get; private set; }

    /// <summary>The newest evaluation; null before the first.</summary>
    public EvaluationResult? Evaluation { get; private set; }

    /// <summary>What the coordinator says of itself and its workers; null before it has.</summary>
    public StatusReport? Status { get; private set; }

    /// <summary>When that was.</summary>
    public double StatusAt { get; private set; }

    /// <summary>How it ended in good order; null where it has not.</summary>
    public JobOutcome? Outcome { get; private set; }

    /// <summary>The newest checkpoint on disk, and how many there were.</summary>
    public (CheckpointWritten? Last, int Count) Checkpoints { get; private set; }

    /// <summary>How often members changed, the job returned to an earlier step, and how many steps it computed again.</summary>
    public (int Generations, int Recoveries, long ReplayedSteps) Counts { get; private set; }

    /// <summary>The nodes that coordinate, or stand by to; none in a run of one process.</summary>
    public IReadOnlyList<CoordinatorPlace> Places { get; private set; } = [];

    /// <summary>Loss of single steps, of epochs and of evaluations, then the metrics, all by steps.</summary>
    public IReadOnlyList<Curve> Curves => _curves;

    /// <summary>Samples a second, by seconds.</summary>
    public Curve Throughput { get; } = new("throughput", "samples/s", better: null);

    /// <summary>What happened to the members, the newest of it.</summary>
    public IReadOnlyList<Happening> Happenings => _happenings;

    /// <summary>What the user should read, the newest of it.</summary>
    public IReadOnlyList<ToldNotice> Notices => _notices;

    /// <summary>Grow with <see cref="Happenings"/> and <see cref="Notices"/>.</summary>
    public (long Happenings, long Notices) Told { get; private set; }

    /// <summary>Where the time of steps went.</summary>
    public StepTimeBook StepTime => _stepTime;

    /// <summary>Takes something that an observer was told, or an event of this folder.</summary>
    /// <param name="happened">It.</param>
    /// <param name="at">When it was told, in seconds since the run began.</param>
    public void Take(object happened, double at)
    {
        Changes++;
        switch (happened)
        {
            case RosterFormed roster:
                Take(roster, at);
                break;
            case JobProgress progress:
                Take(progress, at);
                break;
            case EpochResult epoch:
                (Steps, Loss) = (Math.Max(Steps, epoch.CompletedSteps), epoch.Loss);
                CurveOf(LossKind, "loss", Better.Lower)?.Add(epoch.CompletedSteps, epoch.Loss);
                if (epoch.Evaluation is not null) Take(epoch.Evaluation, epoch.CompletedSteps);
                break;
            case EvaluationPoint point:
                (Steps, Loss) = (Math.Max(Steps, point.CompletedSteps), point.Loss);
                Take(point.Evaluation, point.CompletedSteps);
                break;
            case CheckpointWritten checkpoint:
                Checkpoints = (checkpoint, Checkpoints.Count + 1);
                break;
            case JobRecovery recovery:
                Take(recovery, at);
                break;
            case StatusReport status:
                Take(status, at);
                break;
            case PlacesKnown known:
                Take(known, at);
                break;
            case JobEnding ending:
                Take(ending, at);
                break;
            // A job that ends without an outcome may have been stopped, or have a fault: only the program knows.
            case RunEnded ended when Outcome is null:
                Stand(ended.Standing, Cut(ended.Reason), at);
                break;
            case string notice:
                TakeNotice(Cut(notice), at);
                break;
        }
    }

    private void Take(RosterFormed roster, double at)
    {
        if (Roster is null) FirstStep = roster.FirstStep;
        (Roster, Steps) = (roster, Math.Max(Steps, roster.FirstStep));
        Counts = Counts with { Generations = Counts.Generations + 1 };
        Happen(new Happening(at, roster.FirstStep, "generation", Invariant($"generation {roster.Generation}: {roster.Workers} {(roster.Workers == 1 ? "worker" : "workers")}, from step {roster.FirstStep}")));
        Stand(JobStanding.Running, "", at);
        _lastSign = at;
    }

    private void Take(JobProgress progress, double at)
    {
        (Progress, Steps, Loss) = (progress, Math.Max(Steps, progress.CompletedSteps), progress.EpochLoss);
        CurveOf(LossKind, "step loss", better: null)?.Add(progress.CompletedSteps, progress.Loss);
        Throughput.Add(at, progress.SamplesPerSecond);
        _stepTime.Add(at, progress.StepTime);
        if (!IsOver) Stand(JobStanding.Running, "", at);
        _lastSign = at;
    }

    private void Take(EvaluationResult evaluation, long step)
    {
        Evaluation = evaluation;
        CurveOf(LossKind, "test loss", Better.Lower)?.Add(step, evaluation.Loss);
        foreach (var (name, value) in evaluation.Numbers())
        {
            var metric = evaluation.Metrics.FirstOrDefault(metric => metric.Name == name);
            CurveOf("metric", Cut(name), metric is { HigherIsBetter: false } ? Better.Lower : Better.Higher)?.Add(step, value);
        }
    }

    private void Take(JobRecovery recovery, double at)
    {
        Counts = Counts with { Recoveries = Counts.Recoveries + 1, ReplayedSteps = Counts.ReplayedSteps + recovery.ReplayedSteps };
        Happen(new Happening(at, recovery.Step, "recovery", Cut(Invariant($"back to step {recovery.Step}, {recovery.ReplayedSteps} computed again: {recovery.Reason}"))));
        Throughput.Add(at, 0);
        Stand(JobStanding.Recovering, Cut(recovery.Reason), at);
        _lastSign = at;
    }

    private void Take(StatusReport status, double at)
    {
        (Status, StatusAt, _lastSign) = (status, at, at);
        if (IsOver || status.Phase == "done") return;
        var standing = status.Phase switch
        {
            "running" or "ending" => JobStanding.Running,
            // Whoever waits for workers waits, also after a loss.
            "gathering" when status.Waiting is not null => JobStanding.Waiting,
            _ => Counts.Generations == 0 ? JobStanding.Waiting : JobStanding.Recovering,
        };
        var reason = status.Phase switch
        {
            "running" => "",
            "ending" => "the last checkpoint is being written",
            _ when standing == JobStanding.Recovering => Standing.Standing == JobStanding.Recovering ? Standing.Reason : "the members change",
            "gathering" => "workers are to come",
            "preparing" => "the workers take their places",
            _ => "the state to begin with is looked for",
        };
        Stand(standing, reason, at);
    }

    private void Take(PlacesKnown known, double at)
    {
        Places = known.Places;
        var coordinates = Places.FirstOrDefault(place => place.Coordinates);
        if (IsOver || coordinates is null || coordinates.IsHere || at - _lastSign < SignSeconds) return;
        Stand(JobStanding.Standby, $"{coordinates.Node} coordinates", at);
    }

    private void Take(JobEnding ending, double at)
    {
        Outcome = ending.Outcome;
        if (ending.Outcome is not { } outcome)
        {
            Stand(JobStanding.Failed, Cut(ending.Fault ?? ""), at);
            return;
        }

        (Steps, Evaluation) = (Math.Max(Steps, outcome.Steps), outcome.Evaluation ?? Evaluation);
        Stand(
            outcome.Completed ? JobStanding.Done : JobStanding.Stopped,
            outcome.WasDone ? "it was done before" : outcome.StoppedEarly ? "stopped early, for want of gain" : outcome.Completed ? "" : Invariant($"stopped after step {outcome.Steps}"), at);
    }

    private void TakeNotice(string text, double at)
    {
        var known = _notices.FindIndex(notice => notice.Text == text);
        var count = known < 0 ? 1 : _notices[known].Count + 1;
        if (known >= 0) _notices.RemoveAt(known);
        if (_notices.Count == MostNotices) _notices.RemoveAt(0);
        _notices.Add(new ToldNotice(at, text, count));
        Told = Told with { Notices = Told.Notices + 1 };
    }

    private void Happen(Happening happening)
    {
        if (_happenings.Count == MostHappenings) _happenings.RemoveAt(0);
        _happenings.Add(happening);
        Told = Told with { Happenings = Told.Happenings + 1 };
    }

    private void Stand(JobStanding standing, string reason, double at)
    {
        if (standing != Standing.Standing || reason != Standing.Reason) Standing = (standing, reason, standing == Standing.Standing ? Standing.Since : at);
    }

    private Curve? CurveOf(string kind, string name, Better? better)
    {
        if (_curves.Find(curve => curve.Kind == kind && curve.Name == name) is { } known) return known;
        if (_curves.Count == MostCurves) return null;
        var curve = new Curve(kind, name, better);
        _curves.Add(curve);
        return curve;
    }

    private static string Cut(string text) => text.Length <= MostText ? text : string.Concat(text.AsSpan(0, MostText), "…");
}
