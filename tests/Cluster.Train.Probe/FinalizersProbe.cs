namespace Cluster.Train.Probe;

/// <summary>Prints whether a task can wait for finalizers while its model computes: <c>waited</c>, or the line that refuses it.</summary>
internal static class FinalizersProbe
{
    /// <summary>Trains a step of a task that waits for them.</summary>
    /// <param name="off">A switch of the program that is set to false first; null for none.</param>
    internal static async Task<int> RunAsync(string? off = null)
    {
        if (off is not null)
        {
            AppContext.SetSwitch(off, isEnabled: false);
        }

        try
        {
            await new ProbeRun(_ => { }).RunAsync(ProbeTask.Waiting, steps: 1);
            Console.WriteLine("waited");
        }
        catch (BadInputException refused)
        {
            Console.WriteLine(refused.Message);
        }

        return 0;
    }
}
