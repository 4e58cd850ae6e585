using Cluster.Train.Checkpoints;
using Cluster.Train.Hosting.CommandLine;

namespace Cluster.Train.Hosting.Verbs;

/// <summary>What <c>--checkpoint</c> names.</summary>
internal static class CheckpointPath
{
    /// <summary>The path: of the best checkpoint, where one is kept in the folder and the last is not asked for.</summary>
    /// <param name="values">The options.</param>
    /// <param name="best">What the best one was chosen by; null where it was not chosen.</param>
    /// <exception cref="BadInputException">None was given, or there is nothing of that name.</exception>
    public static string Of(OptionValues values, out BestResult? best)
    {
        var path = values.Get(RunOptions.Checkpoint);
        best = null;
        if (Path.Exists(path))
        {
            if (!values.Get(RunOptions.Last) && CheckpointInfo.BestIn(path) is { } kept)
            {
                (path, best) = (kept.Location, kept.Best);
            }

            return path;
        }

        throw new BadInputException($"{values.Source(RunOptions.Checkpoint)} is '{path}', but there is no such folder: give {RunOptions.Checkpoint.Needs}");
    }
}
