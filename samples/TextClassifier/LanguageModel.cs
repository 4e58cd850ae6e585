using Cluster.Train.Data;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TextClassifier;

/// <summary>An LSTM over characters; its output at a sentence's own last character decides, whatever padding comes after.</summary>
internal sealed class LanguageModel : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Embedding embedding;
    private readonly LSTM lstm = nn.LSTM(12, 24, batchFirst: true);
    private readonly Linear last;

    public LanguageModel(TextPreparation preparation)
        : base(nameof(LanguageModel))
    {
        (embedding, last) = (nn.Embedding(preparation.Tokens.Count, 12), nn.Linear(24, preparation.Classes.Count));
        RegisterComponents();
    }

    public override Tensor forward(Tensor tokens, Tensor lengths)
    {
        var outputs = lstm.forward(embedding.forward(tokens)).Item1;
        return last.forward(outputs.gather(1, (lengths - 1).clamp_min(0).view(-1, 1, 1).expand(-1, 1, 24)).squeeze(1));
    }
}
