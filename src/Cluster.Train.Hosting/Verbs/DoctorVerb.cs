using Cluster.Train.Doctor;
using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Running;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>doctor</c>: what this machine can do, and what to mend; for a task, whether it can train that.</summary>
internal static class DoctorVerb
{
    public static Verb Verb { get; } = new(
        "doctor", "Says what this machine can do, and what to mend; for a task, how much memory it will need.",
        [.. JobOptions.All, RunOptions.Workers, RunOptions.Data, RunOptions.Device], RunAsync)
    {
        TakesTask = true,
        TakesTaskOptions = true,
    };

    private static async Task<int> RunAsync(Invocation invocation)
    {
        // The job first: it loads libtorch as a run does, which must come before any other use of it.
        Finding[] job = invocation.NamesTask ? [await JobAsync(invocation)] : [];
        Finding[] findings = [.. invocation.Host.ExamineMachine(), .. job];
        var width = findings.Max(finding => finding.Subject.Length);
        foreach (var finding in findings)
        {
            var mark = finding.State switch { FindingState.Good => "ok  ", FindingState.Limited => "note", _ => "BAD " };
            invocation.Host.Out.WriteLine($"{mark}  {finding.Subject.PadRight(width)}  {finding.Fact}");
            if (finding.Remedy is { } remedy) invocation.Host.Out.WriteLine($"      {new string(' ', width)}  → {remedy}");
        }

        var bad = findings.Count(finding => finding.State == FindingState.Bad);
        var what = invocation.NamesTask ? $"train {invocation.Task.Name}" : "train";
        invocation.Host.Out.WriteLine(bad == 0
            ? $"This machine can {what}."
            : $"This machine cannot {what} yet: mend the {(bad == 1 ? "line" : Invariant($"{bad} lines"))} marked BAD.");
        return bad == 0 ? 0 : 2;
    }

    private static async Task<Finding> JobAsync(Invocation invocation)
    {
        var values = invocation.Values;
        var workers = values.Get(RunOptions.Workers);
        var run = new TrainingOptions
        {
            Task = invocation.Task,
            Definition = JobBuilder.Build(values, workers),
            DataDirectory = DataPath.Of(values),
            Workers = workers,
            Device = values.Get(RunOptions.Device),
        };
        try
        {
            return new Finding(FindingState.Good, invocation.Task.Name, await invocation.Host.Engine.DescribeMemoryAsync(run));
        }
        catch (Exception exception) when (exception is BadInputException or TrainingFaultException)
        {
            return new Finding(FindingState.Bad, invocation.Task.Name, exception.Message);
        }
    }
}
