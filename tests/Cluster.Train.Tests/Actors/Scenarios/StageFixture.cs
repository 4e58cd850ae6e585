namespace Cluster.Train.Tests.Actors.Scenarios;

/// <summary>The stage of one class of tests.</summary>
public sealed class StageFixture : IDisposable
{
    internal Stage Stage { get; } = new();

    public void Dispose() => Stage.Dispose();
}
