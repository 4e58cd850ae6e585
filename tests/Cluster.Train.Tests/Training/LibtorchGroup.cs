using System.Runtime.CompilerServices;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Training;

/// <summary>
/// Tests that compute with libtorch, one after the other: its random generator is one a process, and a run notices
/// when somebody else draws from it.
/// </summary>
[CollectionDefinition(Name)]
public sealed class LibtorchGroup
{
    internal const string Name = "libtorch";

    // Before any test uses a tensor: the native environment cannot be set afterwards.
    [ModuleInitializer]
    internal static void Prepare() => NativeEnvironment.Prepare(portable: false);
}
