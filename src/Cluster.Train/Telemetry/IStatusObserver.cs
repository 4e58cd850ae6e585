using Cluster.Train.Protocol;

namespace Cluster.Train.Telemetry;

/// <summary>An observer that is also told, about once a second, who is in and who is waited for.</summary>
public interface IStatusObserver
{
    /// <summary>Whether it wants to know at present.</summary>
    bool WantsStatus { get; }

    /// <summary>How the job stands.</summary>
    void OnStatus(StatusReport status);
}
