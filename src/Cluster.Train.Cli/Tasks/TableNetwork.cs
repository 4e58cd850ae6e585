using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Cli.Tasks;

/// <summary>A multilayer perceptron over the numbers of a table's row and, where its categories are numbers, an embedding of each.</summary>
internal sealed class TableNetwork : Module<Tensor, Tensor?, Tensor>
{
    private readonly ModuleList<Embedding> _embeddings;
    private readonly Sequential _layers;

    /// <summary>Creates it.</summary>
    /// <param name="width">Numbers of a row.</param>
    /// <param name="categories">How many categories each column has that is embedded, in (categories + 1) / 2 dimensions, 50 at most.</param>
    /// <param name="hidden">Widths of the hidden layers.</param>
    /// <param name="dropout">The share of a hidden layer's outputs that is left out in training.</param>
    /// <param name="outputs">Numbers of an answer.</param>
    internal TableNetwork(int width, IReadOnlyList<int> categories, IReadOnlyList<int> hidden, double dropout, int outputs)
        : base(nameof(TableNetwork))
    {
        _embeddings = ModuleList([.. categories.Select(count => Embedding(count, Math.Min(50, (count + 1) / 2)))]);
        var layers = new List<(string, Module<Tensor, Tensor>)>();
        var last = width + categories.Sum(count => Math.Min(50, (count + 1) / 2));
        foreach (var (number, next) in hidden.Index())
        {
            layers.Add((Invariant($"hidden{number + 1}"), Linear(last, next)));
            layers.Add((Invariant($"bend{number + 1}"), ReLU()));
            if (dropout > 0)
            {
                layers.Add((Invariant($"drop{number + 1}"), Dropout(dropout)));
            }

            last = next;
        }

        layers.Add(("output", Linear(last, outputs)));
        _layers = Sequential(layers);
        RegisterComponents();
    }

    /// <summary>Whether it embeds categories.</summary>
    internal bool Embeds => _embeddings.Count > 0;

    /// <inheritdoc/>
    public override Tensor forward(Tensor features, Tensor? categories)
    {
        if (categories is null)
        {
            return _layers.forward(features);
        }

        var parts = _embeddings.Select((embedding, column) => embedding.forward(categories.select(1, column)));
        return _layers.forward(cat([features, .. parts], 1));
    }
}
