using System.Reflection;
using Cluster.Train.Training;

namespace Cluster.Train.Actors;

/// <summary>Versions of the program and of a task's code: workers of one job must agree on them.</summary>
internal static class BuildVersion
{
    /// <summary>The library's version, and the identity of the compiled module that the task lives in.</summary>
    internal static string Of(ITrainingTask task)
    {
        var library = typeof(BuildVersion).Assembly;
        var version = library.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        return $"{version} {task.GetType().Module.ModuleVersionId:N}";
    }
}
