namespace Cluster.Train.Tests.Scenarios;

/// <summary>The stage of one class of tests.</summary>
public sealed class StageFixture : IDisposable
{
    internal Stage Stage { get; } = new();

    /// <summary>Runs a scenario that has to end like the same job when nothing happens.</summary>
    internal ScenarioResult EndsAsUndisturbed(Scenario scenario)
    {
        var result = scenario.Run(Stage);
        var flaw = result.Flaw(scenario.Expected(Stage));
        Assert.True(flaw is null, $"{scenario.Plan}: {flaw}\n{result.Story}");
        return result;
    }

    public void Dispose() => Stage.Dispose();
}
