namespace Cluster.Train.Tests.Training;

/// <summary>
/// Tests that compute with libtorch, one after the other: its random generator is one a process, and a run notices
/// when somebody else draws from it.
/// </summary>
[CollectionDefinition(Name)]
public sealed class LibtorchGroup
{
    internal const string Name = "libtorch";
}
