using Cluster.Train.Hosting.CommandLine;
using Cluster.Train.Hosting.Doctor;

namespace Cluster.Train.Hosting.Verbs;

/// <summary><c>doctor</c>: what this machine can do, and what to mend.</summary>
internal static class DoctorVerb
{
    public static Verb Verb { get; } = new("doctor", "Says what this machine can do, and what to mend.", [], Run);

    private static Task<int> Run(Invocation invocation)
    {
        var findings = invocation.Host.ExamineMachine();
        var width = findings.Max(finding => finding.Subject.Length);
        foreach (var finding in findings)
        {
            var mark = finding.State switch { FindingState.Good => "ok  ", FindingState.Limited => "note", _ => "BAD " };
            invocation.Host.Out.WriteLine($"{mark}  {finding.Subject.PadRight(width)}  {finding.Fact}");
            if (finding.Remedy is { } remedy) invocation.Host.Out.WriteLine($"      {new string(' ', width)}  → {remedy}");
        }

        var bad = findings.Count(finding => finding.State == FindingState.Bad);
        invocation.Host.Out.WriteLine(bad == 0 ? "This machine can train." : $"This machine cannot train yet: mend the {(bad == 1 ? "line" : Invariant($"{bad} lines"))} marked BAD.");
        return Task.FromResult(bad == 0 ? 0 : 2);
    }
}
