using TorchSharp;
using TorchSharp.Modules;

namespace Cluster.Train.Tests.Training;

/// <summary>A model of which one layer takes no part in the forward pass.</summary>
internal sealed class WithUnusedLayer : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private readonly Linear used = torch.nn.Linear(SmallData.Width, SmallData.Classes);
    private readonly Linear unused = torch.nn.Linear(5, 5);

    public WithUnusedLayer()
        : base(nameof(WithUnusedLayer)) => RegisterComponents();

    public override torch.Tensor forward(torch.Tensor input) => used.forward(input);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            used.Dispose();
            unused.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>Two layers that share one weight.</summary>
internal sealed class WithTiedWeights : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private readonly Linear first = torch.nn.Linear(SmallData.Width, SmallData.Width);
    private readonly Linear second = torch.nn.Linear(SmallData.Width, SmallData.Width);
    private readonly Linear last = torch.nn.Linear(SmallData.Width, SmallData.Classes);

    public WithTiedWeights()
        : base(nameof(WithTiedWeights))
    {
        second.weight = first.weight;
        RegisterComponents();
    }

    public override torch.Tensor forward(torch.Tensor input) => last.forward(second.forward(first.forward(input).tanh()));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            first.Dispose();
            second.Dispose();
            last.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>A model with buffers that no forward pass changes: a table, a mask, a flag, a number.</summary>
internal sealed class WithConstants : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private readonly Linear layer = torch.nn.Linear(SmallData.Width, SmallData.Classes);
    private readonly torch.Tensor table;

    public WithConstants()
        : base(nameof(WithConstants))
    {
        table = torch.tensor(new[] { 0.1f, 1 / 3f, 12345.678f, 1e-30f }).reshape(2, 2).t();
        register_buffer("table", table);
        register_buffer("mask", torch.tensor(new[] { 0f, float.NegativeInfinity }));
        register_buffer("flags", torch.ones(3, torch.@bool));
        register_buffer("number", torch.tensor(new[] { -1L, 0x7123_4567_89AB_CDEFL }));
        RegisterComponents();
    }

    public override torch.Tensor forward(torch.Tensor input) => layer.forward(input) + table.sum();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            layer.Dispose();
            table.Dispose();
        }

        base.Dispose(disposing);
    }
}
