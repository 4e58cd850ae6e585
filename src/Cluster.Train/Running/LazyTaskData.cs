using Cluster.Train.Training;

namespace Cluster.Train.Running;

/// <summary>
/// Data for making a model whose values come from elsewhere: most models are made without a look at it, and then it need not
/// be there.
/// </summary>
internal static class LazyTaskData
{
    /// <summary>Data that nobody has opened; whoever reads it is told.</summary>
    private static TaskData Unopened { get; } = new(new UnopenedDataset(), new UnopenedDataset());

    /// <summary>Makes something with unopened data, or, if it looks at that, with the task's own.</summary>
    /// <param name="make">Makes it.</param>
    /// <param name="preparation">What was fitted on the training samples, which is known without them; null for nothing.</param>
    /// <param name="open">Opens the data.</param>
    internal static T With<T>(Func<TaskData, T> make, string? preparation, Func<TaskData> open)
    {
        try
        {
            return make(Unopened with { Preparation = preparation });
        }
        catch (TrainingFaultException)
        {
            // The task casts or reads its data: opened now, it tells itself what is wrong.
            return make(open());
        }
    }

    private sealed class UnopenedDataset : IDataset
    {
        public int Count => throw new InvalidOperationException("the data is not open");

        public IReadOnlyList<FieldSpec> Fields => throw new InvalidOperationException("the data is not open");

        public string Fingerprint => throw new InvalidOperationException("the data is not open");

        public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into) => throw new InvalidOperationException("the data is not open");
    }
}
