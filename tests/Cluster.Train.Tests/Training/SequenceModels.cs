using Cluster.Train.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace Cluster.Train.Tests.Training;

/// <summary>Tags the tokens of padded sequences.</summary>
internal abstract class Tagger(string name) : torch.nn.Module<torch.Tensor, torch.Tensor, torch.Tensor>(name)
{
    public const int Tokens = 13, Width = 8;

    /// <summary>Sequences of 0 to 24 tokens: most are short, and of the targets a third is ignored.</summary>
    public static ArrayDataset Data(int count, int seed)
    {
        var random = new StableRandom(seed);
        var tokens = new long[count][];
        var targets = new long[count][];
        for (var sample = 0; sample < count; sample++)
        {
            var length = random.Below(4) == 0 ? random.Below(25) : random.Below(4);
            tokens[sample] = [.. Enumerable.Range(0, length).Select(_ => (long)random.Below(Tokens))];
            targets[sample] = [.. tokens[sample].Select(token => random.Below(3) == 0 ? TokenData.Padding : Tokens - 1 - token)];
        }

        return new ArrayDataset(ArrayField.Sequences("token", tokens, padding: 0), ArrayField.Sequences("tag", targets, TokenData.Padding));
    }

    public static SmallTask Task(Func<Tagger> model, bool weighted = true) => new()
    {
        Data = () => new TaskData(Data(320, seed: 1), Data(75, seed: 2)),
        Model = model,
        Forward = (module, batch) => ((Tagger)module).forward(batch.Input, batch.Mask()),
        LossOf = (prediction, batch) => torch.nn.functional.cross_entropy(prediction.flatten(0, 1), batch.Target.flatten(), ignore_index: TokenData.Padding),
        CountOf = (_, _) => default,
        Weight = weighted ? TokenData.Weight : null,
    };
}

internal sealed class LstmTagger : Tagger
{
    private readonly Embedding embedding = torch.nn.Embedding(Tokens, Width);
    private readonly LSTM lstm = torch.nn.LSTM(Width, 12, batchFirst: true);
    private readonly Linear last = torch.nn.Linear(12, Tokens);

    public LstmTagger()
        : base(nameof(LstmTagger)) => RegisterComponents();

    // What comes after a sequence does not reach back into it.
    public override torch.Tensor forward(torch.Tensor tokens, torch.Tensor mask) => last.forward(lstm.forward(embedding.forward(tokens)).Item1);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            embedding.Dispose();
            lstm.Dispose();
            last.Dispose();
        }

        base.Dispose(disposing);
    }
}

internal sealed class AttentionTagger : Tagger
{
    private readonly Embedding embedding = torch.nn.Embedding(Tokens, Width);
    private readonly Linear query = torch.nn.Linear(Width, Width);
    private readonly Linear key = torch.nn.Linear(Width, Width);
    private readonly Linear last = torch.nn.Linear(Width, Tokens);

    public AttentionTagger()
        : base(nameof(AttentionTagger)) => RegisterComponents();

    public override torch.Tensor forward(torch.Tensor tokens, torch.Tensor mask)
    {
        var values = embedding.forward(tokens);
        var scores = query.forward(values).matmul(key.forward(values).transpose(1, 2)) / Math.Sqrt(Width);

        // Not infinity: of a sample without a token nothing would be left to attend to.
        var weights = scores.masked_fill(mask.unsqueeze(1).logical_not(), -1e9f).softmax(-1);
        return last.forward(values + weights.matmul(values));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            embedding.Dispose();
            query.Dispose();
            key.Dispose();
            last.Dispose();
        }

        base.Dispose(disposing);
    }
}
