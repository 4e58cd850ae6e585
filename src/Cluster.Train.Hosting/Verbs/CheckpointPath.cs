using Cluster.Train.Hosting.CommandLine;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>What <c>--checkpoint</c> names.</summary>
internal static class CheckpointPath
{
    /// <summary>The path.</summary>
    /// <exception cref="BadInputException">None was given, or there is nothing of that name.</exception>
    public static string Of(OptionValues values)
    {
        var path = values.Get(RunOptions.Checkpoint);
        return Path.Exists(path)
            ? path
            : throw new BadInputException($"{values.Source(RunOptions.Checkpoint)} is '{path}', but there is no such folder: give {RunOptions.Checkpoint.Needs}");
    }
}
