using System.Security.Cryptography;

namespace Cluster.Train.Training;

/// <summary>
/// Reads a few samples before the first step, twice: augmentation that depends on more than job, epoch and sample gives
/// other data to whoever reads. What differs within a process is found at once, what differs between processes (numbers
/// seeded with HashCode, say) when their digests are compared as they join.
/// </summary>
internal static class ReadProbe
{
    /// <summary>What is wrong where two processes read the same data as other samples.</summary>
    internal const string Mend =
        "Read depends on more than job, epoch and sample; draw random numbers from BatchBuffers.Random, not from Random or HashCode, which differ in each process";

    /// <summary>A hash of what the first, the middle and the last sample are in two epochs, and in the evaluation. Checkpoints keep it: what is hashed must not change.</summary>
    /// <returns>In hexadecimal; empty where the dataset cannot be read, which whoever needs a sample will say.</returns>
    /// <exception cref="BadInputException">The second reading of a sample gave something else, or drew from libtorch's generator; names it.</exception>
    internal static string Digest(string task, IDataset training, IDataset evaluation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (role, data, epoch) in new[] { ("training", training, 0), ("training", training, 1), ("evaluation", evaluation, -1) })
        {
            foreach (var sample in new[] { 0, data.Count / 2, data.Count - 1 }.Where(sample => sample >= 0 && sample < data.Count).Distinct())
            {
                // Alone with the generator, or another worker's initial values would shift with what Read draws.
                var (drew, readings) = RandomGate.Run(seed: 0, () => (First: Read(data, sample, epoch), Second: Read(data, sample, epoch)));
                if (drew)
                {
                    throw new BadInputException(
                        $"task '{task}': Read draws random numbers from libtorch's default generator, which the workers of a process share, so that the result would depend on timing; draw from BatchBuffers.Random");
                }

                if (readings is not ({ } first, { } second))
                {
                    return "";
                }

                var field = Enumerable.Range(0, first.Length).Where(index => !first[index].AsSpan().SequenceEqual(second[index])).Cast<int?>().FirstOrDefault();
                if (field is { } other)
                {
                    throw new BadInputException(Invariant(
                        $"task '{task}': Read gave another '{data.Fields[other].Name}' for sample {sample} of the {role} data when it was read again for the same epoch; ")
                        + "everything must depend on job, epoch and sample alone: draw random numbers from BatchBuffers.Random");
                }

                Array.ForEach(first, hash.AppendData);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The bytes of one sample, field by field; null where reading fails.</summary>
    private static byte[][]? Read(IDataset data, int sample, int epoch)
    {
        using var slots = new BatchSlots(data.Fields, samples: 1, slots: 1);
        try
        {
            data.Read([sample], epoch, slots.Buffers(slot: 0, data, [sample]));
        }
        catch (Exception)
        {
            // Told with step and shard by whoever reads it for training.
            return null;
        }

        return [.. Enumerable.Range(0, data.Fields.Count).Select(field => slots.Bytes(0, 1, field).ToArray())];
    }
}
