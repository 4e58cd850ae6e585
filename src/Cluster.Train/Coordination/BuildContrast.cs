namespace Cluster.Train.Coordination;

/// <summary>
/// In what two builds differ. A build is the list of its assemblies, each as "name version module", separated by semicolons: the
/// module's identity is another one whenever its source, or the folder in which it was compiled, is. Pure.
/// </summary>
internal static class BuildContrast
{
    private const string Mend = "build once, and copy the folder to every machine";

    /// <summary>The difference in one line; the builds are not the same.</summary>
    /// <param name="job">The coordinator's.</param>
    /// <param name="worker">The worker's.</param>
    public static string Describe(string job, string worker)
    {
        var (ours, theirs) = (Read(job), Read(worker));
        foreach (var name in ours.Select(part => part.Name).Concat(theirs.Select(part => part.Name)).Distinct(StringComparer.Ordinal))
        {
            var (our, their) = (ours.Find(part => part.Name == name), theirs.Find(part => part.Name == name));
            if (our is null || their is null)
            {
                return $"build differs: {name} belongs to the {(our is null ? "worker's program, and not to the job's" : "job's program, and not to this worker's")}; {Mend}";
            }

            if (our.Version != their.Version)
            {
                return $"build differs: {name} is {our.Version} in the job, {their.Version} in this worker; {Mend}";
            }

            if (our.Module != their.Module)
            {
                var (left, right) = Contrast.Of(our.Module, their.Module);
                return $"build differs: {name} {our.Version} was compiled apart, from other source or in another folder (module {left} in the job, {right} in this worker); {Mend}";
            }
        }

        return $"build differs: the same assemblies in another order; {Mend}";
    }

    private static List<Part> Read(string build) =>
    [
        .. build.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(text => text.Split(' ', 3)).Select(words =>
            new Part(words[0], words.Length > 1 ? words[1] : "", words.Length > 2 ? words[2] : "")),
    ];

    private sealed record Part(string Name, string Version, string Module);
}
