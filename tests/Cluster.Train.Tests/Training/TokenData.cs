using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>Sequences of differing lengths, half of them empty, padded; a token's target is the one as far from the other end.</summary>
internal sealed class TokenData(int count, int seed) : IDataset
{
    public const int Tokens = 11, Longest = 9;
    public const long Padding = -100;

    public int Count => count;

    public IReadOnlyList<FieldSpec> Fields { get; } = [new("token", FieldType.Int64, Longest), new("target", FieldType.Int64, Longest)];

    public string Fingerprint => $"tokens {count} {seed}";

    /// <summary>The mean over the tokens that are no padding; not a number where there is none.</summary>
    public static torch.Tensor Loss(torch.Tensor prediction, Batch batch) =>
        torch.nn.functional.cross_entropy(prediction.view(-1, Tokens), batch.Target.view(-1), ignore_index: Padding);

    /// <summary>The tokens that are no padding.</summary>
    public static double Weight(Batch batch)
    {
        using var scope = torch.NewDisposeScope();
        return batch.Target.ne(Padding).sum().item<long>();
    }

    public static torch.nn.Module Model() => torch.nn.Sequential(
        ("embedding", torch.nn.Embedding(Tokens, 8)), ("hidden", torch.nn.Linear(8, 40)), ("bend", torch.nn.Tanh()), ("out", torch.nn.Linear(40, Tokens)));

    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        for (var row = 0; row < samples.Length; row++)
        {
            var random = new StableRandom((1000 * seed) + samples[row]);
            var length = (random.NextBits() & 1) == 0 ? 0 : 1 + (int)(random.NextBits() % Longest);
            for (var place = 0; place < Longest; place++)
            {
                var token = (long)(random.NextBits() % Tokens);
                into.Integers(0)[(row * Longest) + place] = token;
                into.Integers(1)[(row * Longest) + place] = place < length ? Tokens - 1 - token : Padding;
            }
        }
    }
}
