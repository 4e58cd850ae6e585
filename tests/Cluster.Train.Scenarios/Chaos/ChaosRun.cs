using System.Diagnostics;

namespace Cluster.Train.Scenarios.Chaos;

/// <summary>One job during which nodes are killed, stopped and started again, as a plan says.</summary>
internal sealed class ChaosRun
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(120);

    private readonly Scenario _cluster;
    private readonly ChaosPlan _plan;
    private readonly long _totalSteps;
    private readonly CoordinatorPair _coordinators;
    private readonly Node[] _workers;
    private readonly int[] _starts;
    private readonly JournalWatch _journal;
    private readonly List<(long At, Victim Of)> _faults = [];
    private (TimeSpan Pause, int Worker) _next;
    private long _lastKill = Stopwatch.GetTimestamp();
    private long _stepAtLastKill;
    private (Node Worker, long Since)? _stopped;
    private bool _wasStopped;
    private int _coordinatorKills;

    private ChaosRun(Scenario cluster, ChaosPlan plan, long totalSteps, CoordinatorPair coordinators, JournalWatch journal)
    {
        (_cluster, _plan, _totalSteps, _coordinators, _journal) = (cluster, plan, totalSteps, coordinators, journal);
        (_workers, _starts) = (new Node[MnistJob.Workers], new int[MnistJob.Workers]);
        for (var worker = 0; worker < _workers.Length; worker++) StartWorker(worker);
        _next = plan.NextWorkerKill();
    }

    private enum Victim
    {
        Worker,
        Coordinator,
        Stopped,
    }

    /// <summary>Runs it; the result is that of one process, and every sample counted once.</summary>
    internal static async Task<ChaosReport> RunAsync(Scenario cluster, ChaosPlan plan, int epochs)
    {
        var job = MnistJob.Of(epochs);
        var coordinators = await CoordinatorPair.StartAsync(cluster, job, MnistJob.Workers, "--step-timeout", "4s", "--checkpoint-dir", cluster.Checkpoints);
        await using var journal = new JournalWatch(coordinators.Ports.Select(cluster.Journal));
        var run = new ChaosRun(cluster, plan, epochs * MnistJob.StepsPerEpoch, coordinators, journal);
        var last = await run.GoOnAsync();
        // Nobody can tell a worker that comes after the end that there is nothing left to join.
        await last.EndsAsync(Scenario.Patience);
        var late = run._workers.Where(worker => !worker.TimesOf(": joined: ").Any()).ToArray();
        foreach (var worker in late) worker.Kill();
        await cluster.EndsLikeOneProcessAsync(
            job, last, coordinators.PortOf(last), [.. run._workers.Except(late), .. coordinators.Current.Where(node => node != last)]);
        return run.Report(epochs);
    }

    private double Progress => (double)_journal.LastStep / _totalSteps;

    /// <summary>Until the job is over.</summary>
    /// <returns>The node that coordinated at the end.</returns>
    private async Task<Node> GoOnAsync()
    {
        var active = _coordinators.Active!;
        while (_coordinators.Ended is null)
        {
            active = _coordinators.Active ?? active;
            if (_journal.Silence > LongestSilence) throw new ScenarioException($"nothing was done for {LongestSilence.TotalSeconds:0} s, after step {_journal.LastStep}");
            _coordinators.Restore();
            StopOne();
            if (Progress < ChaosPlan.Quiet) Kill();
            if (_wasStopped && _stopped is null && _coordinatorKills == _plan.CoordinatorKills.Count) _cluster.Release();
            await Task.Delay(Tick);
        }

        Assert.Equal((_plan.CoordinatorKills.Count, true), (_coordinatorKills, _wasStopped));
        return active;
    }

    private void Kill()
    {
        if (Array.Find(_workers, worker => worker.HasExited) is { } ended) throw new ScenarioException($"{ended.Name} ended by itself");
        if (_coordinatorKills < _plan.CoordinatorKills.Count && Progress >= _plan.CoordinatorKills[_coordinatorKills] && _coordinators.IsWhole)
        {
            _faults.Add((Stopwatch.GetTimestamp(), Victim.Coordinator));
            _coordinators.KillActive(_plan.CoordinatorAbsences[_coordinatorKills++]);
        }

        // On a machine that is busy with other things too, starting again takes longer than the pause: then it waits for
        // a step, or there would never be one.
        if (_journal.LastStep > _stepAtLastKill && Stopwatch.GetElapsedTime(_lastKill) >= _next.Pause)
        {
            (_lastKill, _stepAtLastKill) = (Stopwatch.GetTimestamp(), _journal.LastStep);
            _faults.Add((_lastKill, Victim.Worker));
            _workers[_next.Worker].Kill();
            StartWorker(_next.Worker);
            _next = _plan.NextWorkerKill();
        }
    }

    private void StopOne()
    {
        if (!_wasStopped && Progress >= _plan.Stop.At)
        {
            _wasStopped = true;
            _stopped = (_workers[_plan.Stop.Worker], Stopwatch.GetTimestamp());
            _faults.Add((_stopped.Value.Since, Victim.Stopped));
            _stopped.Value.Worker.Signal(Signal.Stop);
        }
        else if (_stopped is { } stopped && Stopwatch.GetElapsedTime(stopped.Since) >= ChaosPlan.StopFor)
        {
            _stopped = null;
            // It may have been killed as it was.
            if (!stopped.Worker.HasExited) stopped.Worker.Signal(Signal.Continue);
        }
    }

    private void StartWorker(int worker)
    {
        // The name tells in the coordinator's lines which of them it is about.
        var name = $"w{worker + 1}-{++_starts[worker]}";
        _workers[worker] = _cluster.Worker(name, _coordinators.Ports, MnistJob.Data);
    }

    private ChaosReport Report(int epochs)
    {
        var merged = new MergedJournal([.. _coordinators.Ports.Select(_cluster.Journal).Where(File.Exists).Select(JournalLine.ReadFile)]);
        merged.EnsureEachSampleOnce(epochs, MnistJob.Samples);
        var report = new ChaosReport
        {
            Runs = 1,
            WorkerKills = _faults.Count(fault => fault.Of == Victim.Worker),
            CoordinatorKills = _coordinatorKills,
            Stops = 1,
            Replays = merged.Replays,
        };
        var newSteps = _journal.FirstNewSteps.Select(first => first.At).ToArray();
        long[] losses = [.. _coordinators.Losses], takeovers = [.. _coordinators.Takeovers];
        foreach (var (fault, next) in WithNext(_faults).Where(pair => pair.Fault.Of == Victim.Worker)) report.Workers.Add(fault.At, next, losses, newSteps);
        // Workers go on dying while a coordinator is replaced: only the next coordinator's death is another matter.
        var ofCoordinators = _faults.Where(fault => fault.Of == Victim.Coordinator).ToArray();
        foreach (var (fault, next) in WithNext(ofCoordinators)) report.Coordinators.Add(fault.At, next, takeovers, newSteps);
        return report;
    }

    private static IEnumerable<((long At, Victim Of) Fault, long Next)> WithNext(IReadOnlyList<(long At, Victim Of)> faults) =>
        faults.Select((fault, index) => (fault, index + 1 < faults.Count ? faults[index + 1].At : long.MaxValue));
}
