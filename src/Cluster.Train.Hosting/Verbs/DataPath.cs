using Cluster.Train.Hosting.CommandLine;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>What <c>--data</c> names.</summary>
internal static class DataPath
{
    /// <summary>The path, or null where none was given.</summary>
    /// <exception cref="BadInputException">There is nothing of that name.</exception>
    public static string? Of(OptionValues values)
    {
        var path = values.GetIfGiven(RunOptions.Data);
        return path is null || Path.Exists(path)
            ? path
            : throw new BadInputException($"{values.Source(RunOptions.Data)} is '{path}', but there is no such folder or file: give {RunOptions.Data.Needs}");
    }
}
