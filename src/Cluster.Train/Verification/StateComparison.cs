using System.Globalization;
using Cluster.Train.Members;
using Cluster.Train.Training;

namespace Cluster.Train.Verification;

/// <summary>Where the state of a run parts from that of a recorded one.</summary>
/// <param name="Step">Steps done; 0 for the initial state.</param>
/// <param name="Tensor">The tensor's number in the layout: the first of those that differ.</param>
/// <param name="Found">Its values in the run that was compared.</param>
internal sealed record StateParting(long Step, int Tensor, float[] Found);

/// <summary>Compares the states of a run with those of a recorded one, as they come. Safe for use by several threads.</summary>
/// <param name="record">The recorded run.</param>
internal sealed class StateComparison(StateRecord record) : IStateWatch
{
    private readonly Lock _gate = new();

    /// <summary>The first difference; null for none so far.</summary>
    internal StateParting? Parting { get; private set; }

    /// <inheritdoc/>
    public void OnState(long completedSteps, ModelReplica replica)
    {
        if (replica.Layout.Hash != record.LayoutHash)
        {
            throw new TrainingFaultException("the model has other tensors than in the reference: CreateModel must depend on its arguments alone");
        }

        lock (_gate)
        {
            if (Parting?.Step < completedSteps)
            {
                return;
            }
        }

        var values = new ReplicaValues(replica);
        var tensors = replica.Layout.Tensors;
        for (var tensor = 0; tensor < tensors.Length; tensor++)
        {
            var expected = record.Hash(completedSteps, tensor);
            if (expected.IsEmpty)
            {
                return;
            }

            if (!expected.SequenceEqual(StateRecord.HashOf(values.Of(tensors[tensor]))))
            {
                Note(new StateParting(completedSteps, tensor, values.Of(tensors[tensor]).ToArray()));
                return;
            }
        }
    }

    /// <summary>The first value of a tensor that differs, in words.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="expected">Its values in the recorded run.</param>
    /// <param name="found">Its values in the other.</param>
    /// <returns>Its indices by dimension, and both values; null where all are the same bits.</returns>
    internal static (string Element, string Expected, string Found)? FirstDifference(TensorEntry tensor, float[] expected, float[] found)
    {
        for (var index = 0; index < Math.Min(expected.Length, found.Length); index++)
        {
            if (BitConverter.SingleToInt32Bits(expected[index]) != BitConverter.SingleToInt32Bits(found[index]))
            {
                return tensor.Role == TensorRole.IntegerBuffer
                    ? (IndicesOf(tensor, index / ParameterLayout.LimbsPerInteger), IntegerAt(expected, index), IntegerAt(found, index))
                    : (IndicesOf(tensor, index), Text(expected[index], found[index]), Text(found[index], expected[index]));
            }
        }

        return null;
    }

    private void Note(StateParting parting)
    {
        lock (_gate)
        {
            if (Parting is not { } known || (parting.Step, parting.Tensor).CompareTo((known.Step, known.Tensor)) < 0)
            {
                Parting = parting;
            }
        }
    }

    private static string IndicesOf(TensorEntry tensor, long index)
    {
        var indices = new long[tensor.Shape.Length];
        for (var dimension = indices.Length - 1; dimension >= 0; dimension--)
        {
            (index, indices[dimension]) = Math.DivRem(index, tensor.Shape[dimension]);
        }

        return $"[{string.Join(',', indices.Select(number => number.ToString(CultureInfo.InvariantCulture)))}]";
    }

    private static string IntegerAt(float[] limbs, int index)
    {
        var integer = new long[1];
        var first = index / ParameterLayout.LimbsPerInteger * ParameterLayout.LimbsPerInteger;
        IntegerLimbs.Decode(limbs.AsSpan(first, ParameterLayout.LimbsPerInteger), integer);
        return integer[0].ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The shortest text of a value; its bits where the other value has the same text.</summary>
    private static string Text(float value, float other)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text == other.ToString("R", CultureInfo.InvariantCulture)
            ? Invariant($"{text} (bits {BitConverter.SingleToInt32Bits(value):x8})")
            : text;
    }
}
