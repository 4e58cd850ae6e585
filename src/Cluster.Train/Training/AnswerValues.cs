using System.Globalization;
using System.Numerics;
using System.Text;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>The numbers of an answer as text: the shortest that reads back as the same number, whatever the culture.</summary>
internal static class AnswerValues
{
    /// <summary>Numbers of one sample's row.</summary>
    /// <param name="task">For messages.</param>
    /// <param name="answer">The answer, of shape <c>[samples, …]</c>.</param>
    /// <param name="samples">Samples of the batch.</param>
    /// <exception cref="TrainingFaultException">The shape is another.</exception>
    internal static int ColumnsOf(string task, torch.Tensor? answer, int samples)
    {
        if (answer is null)
        {
            throw new TrainingFaultException($"task '{task}' returned null from Answer");
        }

        if (answer.dim() == 0 || answer.shape[0] != samples || answer.numel() == 0)
        {
            throw new TrainingFaultException(
                Invariant($"task '{task}' answers {samples} samples with a tensor of shape [{string.Join(", ", answer.shape)}]; its first extent must be the samples, and each needs a number"));
        }

        return checked((int)(answer.numel() / samples));
    }

    /// <summary>Rows with commas between numbers, each with a line feed behind it.</summary>
    /// <param name="task">For messages.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="labels">For each column how the numbers 0, 1, … are written; none for as numbers.</param>
    /// <exception cref="TrainingFaultException">A column with labels has a number without one.</exception>
    internal static string Rows(string task, torch.Tensor answer, IReadOnlyList<string>[] labels) => answer.dtype switch
    {
        torch.ScalarType.Float64 => Rows(task, Numbers<double>(answer), labels),
        torch.ScalarType.Bool or torch.ScalarType.Byte or torch.ScalarType.Int8 or torch.ScalarType.Int16 or torch.ScalarType.Int32 or torch.ScalarType.Int64 =>
            Rows(task, TensorValues.Integers(answer), labels),
        _ => Rows(task, TensorValues.Floats(answer.to_type(torch.ScalarType.Float32)), labels),
    };

    private static T[] Numbers<T>(torch.Tensor answer)
        where T : unmanaged
    {
        var values = new T[answer.numel()];
        TensorValues.CopyTo<T>(answer, values);
        return values;
    }

    private static string Rows<T>(string task, T[] values, IReadOnlyList<string>[] labels)
        where T : INumber<T>
    {
        var text = new StringBuilder();
        for (var index = 0; index < values.Length; index++)
        {
            var column = index % labels.Length;
            if (labels[column].Count == 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{values[index]}");
            }
            else if (T.IsInteger(values[index]) && values[index] >= T.Zero && values[index] < T.CreateChecked(labels[column].Count))
            {
                text.Append(labels[column][int.CreateChecked(values[index])]);
            }
            else
            {
                throw new TrainingFaultException(Invariant($"task '{task}' answers {values[index]} in column {column + 1}, for which AnswerLabels has {labels[column].Count} labels; answer with a number from 0 to {labels[column].Count - 1}"));
            }

            text.Append(column + 1 == labels.Length ? '\n' : ',');
        }

        return text.ToString();
    }
}
