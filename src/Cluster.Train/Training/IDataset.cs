namespace Cluster.Train.Training;

/// <summary>
/// Samples that can be read by number. <see cref="Read"/> is called on a loader thread, ahead of the step that needs
/// it, possibly on several at once; it must not call libtorch.
/// </summary>
public interface IDataset
{
    /// <summary>Number of samples.</summary>
    int Count { get; }

    /// <summary>The fields of a sample, in the order in which <see cref="Batch"/> has them: input first, target second.</summary>
    IReadOnlyList<FieldSpec> Fields { get; }

    /// <summary>
    /// A text that differs where the samples differ (a hash of the content, or of names, sizes and format).
    /// Workers of one job must agree on it.
    /// </summary>
    string Fingerprint { get; }

    /// <summary>
    /// How long a sample is in a field of differing lengths (<see cref="FieldSpec.Sequence"/>): asked of all samples before the first
    /// step and of each again before it is read, on any thread, so it must be known without reading. Other fields are not asked about.
    /// </summary>
    /// <param name="sample">A sample's number in [0, <see cref="Count"/>).</param>
    /// <param name="field">The field's number in <see cref="Fields"/>.</param>
    /// <returns>Places, from 0 to the field's <see cref="FieldSpec.Longest"/>; the same each time.</returns>
    int LengthOf(int sample, int field) =>
        throw new NotSupportedException($"samples differ in length in '{Fields[field].Name}', but {GetType().Name} does not say how long they are: implement LengthOf");

    /// <summary>Writes samples into the buffers of a batch, in the order asked for.</summary>
    /// <param name="samples">Sample numbers in [0, <see cref="Count"/>).</param>
    /// <param name="epoch">The epoch, counted from 0; -1 in evaluation.</param>
    /// <param name="into">
    /// One buffer a field, of exactly <paramref name="samples"/>.Length samples. <see cref="BatchBuffers.Random"/> gives the
    /// random numbers for augmentation. The same sample in the same epoch must be the same values whoever reads it, and
    /// however often: a few are read twice before the first step, and compared between the processes of a cluster.
    /// </param>
    void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into);
}
