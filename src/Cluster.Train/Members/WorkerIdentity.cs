using System.Collections.Immutable;

namespace Cluster.Train.Members;

/// <summary>Who a worker is.</summary>
/// <param name="WorkerId">Identity of this run of the worker: of its process, not of its actor.</param>
/// <param name="Name">Its name in messages.</param>
/// <param name="Host">The machine.</param>
/// <param name="Build">Version of the program and of its tasks.</param>
/// <param name="Tasks">Names of the tasks it has.</param>
internal sealed record WorkerIdentity(string WorkerId, string Name, string Host, string Build, ImmutableArray<string> Tasks);
