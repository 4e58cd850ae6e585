using TorchSharp;
using TorchSharp.Modules;
using Parameter = TorchSharp.Modules.Parameter;

namespace Cluster.Train.Tests.Training;

/// <summary>A linear classifier, with what a test registers besides, and a forward of the test's own.</summary>
internal sealed class Crafted : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    internal readonly Linear layer = torch.nn.Linear(SmallData.Width, SmallData.Classes);
    internal torch.Tensor? state;
    internal torch.nn.Module<torch.Tensor, torch.Tensor>? part;

    internal Crafted(Action<Crafted>? prepare = null)
        : base(nameof(Crafted))
    {
        prepare?.Invoke(this);
        RegisterComponents();
    }

    internal Func<Crafted, torch.Tensor, torch.Tensor>? Before { get; init; }

    /// <summary>Forwards in training mode so far.</summary>
    internal int Calls { get; private set; }

    public override torch.Tensor forward(torch.Tensor input)
    {
        Calls += torch.is_grad_enabled() ? 1 : 0;
        return layer.forward(Before?.Invoke(this, input) ?? input);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            layer.Dispose();
            state?.Dispose();
            part?.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>Words in, classes out: the weights of its two layers have one shape, and can be one.</summary>
internal sealed class WordModel : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private const int Features = 8;

    internal readonly Embedding embedding = torch.nn.Embedding(SmallData.Classes, Features);
    internal readonly Linear output = torch.nn.Linear(Features, SmallData.Classes);

    internal WordModel(Action<WordModel> tie)
        : base(nameof(WordModel))
    {
        using (torch.no_grad())
        {
            embedding.weight!.copy_(torch.arange(SmallData.Classes * Features).to(torch.float32).view(SmallData.Classes, Features) / 20 - 0.5f);
            output.weight.copy_(embedding.weight);
        }

        tie(this);
        RegisterComponents();
    }

    public override torch.Tensor forward(torch.Tensor input) =>
        output.forward(embedding.forward(input.gt(0).to(torch.int64) + input.gt(1).to(torch.int64)).mean([1]));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            embedding.Dispose();
            output.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>Parameters that are made in unusual ways.</summary>
internal static class Weights
{
    internal static Parameter Of(torch.Tensor tensor, bool trains = true) => new(tensor, requires_grad: trains);

    internal static torch.Tensor Numbers(params long[] shape) =>
        (torch.arange(shape.Aggregate(1L, (product, extent) => product * extent)).to(torch.float32) / 50 - 0.5f).view(shape);
}
