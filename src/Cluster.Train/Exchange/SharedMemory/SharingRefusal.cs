namespace Cluster.Train.Exchange.SharedMemory;

/// <summary>Why members do not share memory; the same on all of them.</summary>
/// <param name="Reason">One line.</param>
/// <param name="LacksSpace">Whether they would, if there were more of it: that is for the user to mend.</param>
internal sealed record SharingRefusal(string Reason, bool LacksSpace);

/// <summary>There is not enough shared memory.</summary>
internal sealed class NoSharedSpaceException(string message) : IOException(message);
