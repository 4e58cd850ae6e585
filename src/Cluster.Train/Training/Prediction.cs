using System.Runtime.CompilerServices;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>What a task predicts for a batch: a tensor, or a tuple of several. It goes with the dispose scope that it was made in.</summary>
internal readonly struct Prediction
{
    private Prediction(object value) => Value = value;

    /// <summary>The tensor or the tuple.</summary>
    internal object Value { get; }

    /// <summary>The only tensor, or the first of several.</summary>
    internal torch.Tensor First => Value as torch.Tensor ?? (torch.Tensor)((ITuple)Value)[0]!;

    /// <summary>All tensors, in order.</summary>
    internal IEnumerable<torch.Tensor> All
    {
        get
        {
            if (Value is ITuple several)
            {
                for (var output = 0; output < several.Length; output++)
                {
                    yield return (torch.Tensor)several[output]!;
                }
            }
            else
            {
                yield return First;
            }
        }
    }

    /// <summary>The same with all of its tensors in float32, those that autocast has left shorter.</summary>
    internal Prediction InFloat32()
    {
        if (Value is torch.Tensor only)
        {
            return new Prediction(Whole(only));
        }

        // The box is this prediction's own.
        foreach (var field in Value.GetType().GetFields())
        {
            if (field.GetValue(Value) is torch.Tensor tensor)
            {
                field.SetValue(Value, Whole(tensor));
            }
        }

        return this;

        static torch.Tensor Whole(torch.Tensor tensor) => tensor.dtype == torch.ScalarType.BFloat16 ? tensor.to_type(torch.ScalarType.Float32) : tensor;
    }

    /// <summary>What a task returned.</summary>
    /// <param name="task">For messages.</param>
    /// <param name="value">A tensor or a tuple.</param>
    /// <param name="site">For messages.</param>
    /// <exception cref="BadInputException">It is something else than tensors.</exception>
    /// <exception cref="TrainingFaultException">A tensor is null.</exception>
    internal static Prediction Of(string task, object? value, string site)
    {
        switch (value)
        {
            case torch.Tensor:
                return new Prediction(value);
            case null:
                throw new TrainingFaultException($"task '{task}' returned null from Predict{site}");
            case ITuple { Length: > 0 and <= Most } several when value.GetType().IsValueType:
                for (var output = 0; output < several.Length; output++)
                {
                    if (several[output] is not torch.Tensor)
                    {
                        throw several[output] is { } other
                            ? Refused(task, Invariant($"output {output} is a {other.GetType().Name}"))
                            : new TrainingFaultException(Invariant($"task '{task}' returned null as output {output} from Predict{site}"));
                    }
                }

                return new Prediction(value);
            case ITuple several when value.GetType().IsValueType:
                throw Refused(task, Invariant($"it is a tuple of {several.Length}"));
            default:
                throw Refused(task, $"it is a {value.GetType().Name}");
        }
    }

    /// <summary>What several outputs are made of holds so many in one piece.</summary>
    private const int Most = 7;

    private static BadInputException Refused(string task, string what) =>
        new(Invariant($"task '{task}': Predict must return a tensor, or a tuple of 1 to {Most} tensors, but {what}"));
}
