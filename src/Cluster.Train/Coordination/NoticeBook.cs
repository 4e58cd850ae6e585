using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>Which notices of workers the user has read. Each worker tells a thing once; what differs in numbers only is the same. Pure.</summary>
internal sealed class NoticeBook
{
    private const int Most = 50;
    private readonly HashSet<string> _told = [];

    /// <summary>Whether the user should read it; false the second time.</summary>
    internal bool IsNew(string text) => _told.Count < Most && _told.Add(TaskNotices.Kind(text));
}
