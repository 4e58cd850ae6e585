using System.Globalization;
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
    internal static string Rows(torch.Tensor answer, int columns) => answer.dtype switch
    {
        torch.ScalarType.Float64 => Rows(Numbers<double>(answer), columns),
        torch.ScalarType.Bool or torch.ScalarType.Byte or torch.ScalarType.Int8 or torch.ScalarType.Int16 or torch.ScalarType.Int32 or torch.ScalarType.Int64 =>
            Rows(TensorValues.Integers(answer), columns),
        _ => Rows(TensorValues.Floats(answer.to_type(torch.ScalarType.Float32)), columns),
    };

    private static T[] Numbers<T>(torch.Tensor answer)
        where T : unmanaged
    {
        var values = new T[answer.numel()];
        TensorValues.CopyTo<T>(answer, values);
        return values;
    }

    private static string Rows<T>(T[] values, int columns)
        where T : ISpanFormattable
    {
        var text = new StringBuilder();
        for (var index = 0; index < values.Length; index++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{values[index]}").Append((index + 1) % columns == 0 ? '\n' : ',');
        }

        return text.ToString();
    }
}
