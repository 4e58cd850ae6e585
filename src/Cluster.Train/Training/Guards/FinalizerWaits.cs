using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Metadata;

namespace Cluster.Train.Training;

/// <summary>Whether a task's code, or a library that it uses, calls <see cref="GC.WaitForPendingFinalizers"/> anywhere.</summary>
internal static class FinalizerWaits
{
    private static readonly ConcurrentDictionary<Assembly, bool> Known = new();

    // TorchSharp waits for finalizers too, where libtorch could not make a tensor: that is no task's doing.
    private static readonly HashSet<string> Trusted =
        [.. typeof(FinalizerWaits).Assembly.GetReferencedAssemblies().Append(typeof(FinalizerWaits).Assembly.GetName()).Select(name => name.Name!)];

    /// <summary>Whether the assembly, or a loaded one that it needs, has such a call. Those of the framework and of the trainer do not count.</summary>
    internal static bool AreIn(Assembly assembly) => Known.GetOrAdd(assembly, Search);

    private static bool Search(Assembly first)
    {
        var loaded = AppDomain.CurrentDomain.GetAssemblies().Where(assembly => !assembly.IsDynamic).ToLookup(assembly => assembly.GetName().Name!);
        var (seen, next) = (new HashSet<Assembly> { first }, new Stack<Assembly>([first]));
        while (next.TryPop(out var assembly))
        {
            if (Calls(assembly))
            {
                return true;
            }

            foreach (var needed in assembly.GetReferencedAssemblies().Where(name => !IsTrusted(name.Name!)).SelectMany(name => loaded[name.Name!]))
            {
                if (seen.Add(needed))
                {
                    next.Push(needed);
                }
            }
        }

        return false;
    }

    private static bool IsTrusted(string name) =>
        Trusted.Contains(name) || name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal);

    private static unsafe bool Calls(Assembly assembly)
    {
        if (!assembly.TryGetRawMetadata(out var metadata, out var length))
        {
            return false;
        }

        var reader = new MetadataReader(metadata, length);
        foreach (var handle in reader.MemberReferences)
        {
            var member = reader.GetMemberReference(handle);
            if (reader.StringComparer.Equals(member.Name, nameof(GC.WaitForPendingFinalizers))
                && member.Parent.Kind == HandleKind.TypeReference
                && reader.StringComparer.Equals(reader.GetTypeReference((TypeReferenceHandle)member.Parent).Name, nameof(GC)))
            {
                return true;
            }
        }

        return false;
    }
}
