using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Cluster.Train.Coordination;
using Cluster.Train.Training;

namespace Cluster.Train.Running;

/// <summary>
/// Which program computes: the assembly of a task and all that it uses, as far as they come with the program. Coordinator
/// and workers of one job must agree on it.
/// </summary>
internal static class BuildVersion
{
    private static readonly string[] Frameworks = ["System.", "Microsoft.", "System", "mscorlib", "netstandard", "WindowsBase"];
    private static readonly ConcurrentDictionary<Assembly, string> Known = new();

    /// <summary>This library's version.</summary>
    internal static string Library { get; } =
        typeof(BuildVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The assemblies of a task, its own first, as <see cref="BuildContrast"/> reads them.</summary>
    internal static string Of(ITrainingTask task) => Known.GetOrAdd(task.GetType().Assembly, Describe);

    private static string Describe(Assembly tasks)
    {
        var library = typeof(BuildVersion).Assembly;
        var found = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [NameOf(library)] = Invariant($"{NameOf(library)} {Library} {library.ManifestModule.ModuleVersionId:N}"),
        };
        var open = new Queue<string>();
        foreach (var assembly in new[] { tasks, library })
        {
            var name = assembly.GetName();
            found.TryAdd(NameOf(assembly), Invariant($"{NameOf(assembly)} {name.Version} {assembly.ManifestModule.ModuleVersionId:N}"));
            Array.ForEach(assembly.GetReferencedAssemblies(), reference => open.Enqueue(reference.Name!));
        }

        while (open.TryDequeue(out var name))
        {
            if (!IsFramework(name) && !found.ContainsKey(name) && Read(name, open) is { } part)
            {
                found[name] = part;
            }
        }

        return string.Join("; ", found.OrderBy(pair => pair.Key != NameOf(tasks)).ThenBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value));
    }

    private static string NameOf(Assembly assembly) => assembly.GetName().Name!;

    /// <summary>What the runtime brings along is the machine's, not the program's.</summary>
    private static bool IsFramework(string name) =>
        Array.Exists(Frameworks, framework => framework.EndsWith('.') ? name.StartsWith(framework, StringComparison.Ordinal) : name == framework);

    /// <summary>Reads an assembly's file, without loading it; null where it does not lie beside the program.</summary>
    private static string? Read(string name, Queue<string> references)
    {
        var path = Path.Combine(AppContext.BaseDirectory, $"{name}.dll");
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var file = new PEReader(File.OpenRead(path));
            var metadata = file.GetMetadataReader();
            foreach (var reference in metadata.AssemblyReferences)
            {
                references.Enqueue(metadata.GetString(metadata.GetAssemblyReference(reference).Name));
            }

            return Invariant($"{name} {metadata.GetAssemblyDefinition().Version} {metadata.GetGuid(metadata.GetModuleDefinition().Mvid):N}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BadImageFormatException or InvalidOperationException)
        {
            return null;
        }
    }
}
