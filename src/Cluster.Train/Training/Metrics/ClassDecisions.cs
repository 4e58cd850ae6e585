using static TorchSharp.torch;

namespace Cluster.Train.Training;

/// <summary>The decisions of a batch and what they should have been.</summary>
/// <param name="Decided">Class numbers, int64 <c>[decisions]</c>, on the CPU.</param>
/// <param name="Wanted">Class numbers, int64 <c>[decisions]</c>, on the CPU.</param>
/// <param name="Classes">How many classes there are.</param>
internal readonly record struct ClassDecisions(Tensor Decided, Tensor Wanted, int Classes)
{
    /// <summary>Targets of this class do not count, as in <c>torch.nn.functional.cross_entropy</c>.</summary>
    private const long Ignored = -100;

    /// <summary>Whether there is an output for each class, and not one logit a decision.</summary>
    internal static bool HasClasses(Tensor prediction, Batch batch) =>
        prediction.dim() == batch.Target.dim() + 1 && prediction.shape[^1] > 1;

    /// <summary>How many classes there are.</summary>
    internal static int ClassesOf(Tensor prediction, Batch batch) => HasClasses(prediction, batch) ? checked((int)prediction.shape[^1]) : 2;

    /// <summary>The decisions of a prediction.</summary>
    /// <exception cref="ArgumentException">Prediction and target do not fit.</exception>
    internal static ClassDecisions Of(Tensor prediction, Batch batch)
    {
        var target = batch.Target;
        if (!HasClasses(prediction, batch))
        {
            Verify(prediction.numel() == target.numel(), prediction, target, "as many outputs as targets, or one dimension more, of the classes");
            return new(prediction.flatten().gt(0).to(int64).cpu(), target.flatten().gt(0.5).to(int64).cpu(), 2);
        }

        var (outputs, wanted) = Outputs(prediction, batch);
        return new(outputs.argmax(-1).cpu(), wanted.cpu(), ClassesOf(prediction, batch));
    }

    /// <summary>The outputs <c>[decisions, classes]</c> and class numbers <c>[decisions]</c> that count, on the device.</summary>
    /// <exception cref="ArgumentException">Prediction and target do not fit.</exception>
    internal static (Tensor Outputs, Tensor Wanted) Outputs(Tensor prediction, Batch batch)
    {
        var target = batch.Target;
        Verify(
            HasClasses(prediction, batch) && prediction.shape.AsSpan()[..^1].SequenceEqual(target.shape) && target.dtype == int64,
            prediction, target, "outputs [..., classes] and class numbers [...], in int64");
        var (outputs, wanted) = (prediction.reshape(-1, prediction.shape[^1]), target.flatten());
        var counts = wanted.ne(Ignored);
        if (!counts.all().item<bool>())
        {
            (outputs, wanted) = (outputs[counts], wanted[counts]);
        }

        if (wanted.lt(0).logical_or(wanted.ge(prediction.shape[^1])).any().item<bool>())
        {
            throw new ArgumentException(Invariant($"a target is no class number from 0 to {prediction.shape[^1] - 1}, nor {Ignored}"));
        }

        return (outputs, wanted);
    }

    /// <summary>How many of them are correct.</summary>
    internal long Correct() => Decided.eq(Wanted).sum().item<long>();

    /// <summary>How many decisions there were for each class (row) and each class (column): classes × classes, row by row.</summary>
    internal long[] Table() => (Wanted * Classes + Decided).bincount(null, minlength: Classes * Classes).data<long>().ToArray();

    private static void Verify(bool fits, Tensor prediction, Tensor target, string needs)
    {
        if (!fits)
        {
            throw new ArgumentException(
                $"the prediction is [{string.Join(", ", prediction.shape)}] and the target [{string.Join(", ", target.shape)}] of {target.dtype}; it takes {needs}");
        }
    }
}
