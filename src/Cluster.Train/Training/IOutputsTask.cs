using Cluster.Train.Native;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>A task of several outputs, as the trainer calls it: predictions are what its own Predict returned, boxed.</summary>
internal interface IOutputsTask
{
    /// <summary>Whether it counts correct decisions.</summary>
    bool Counts { get; }

    object? PredictAll(torch.nn.Module model, Batch batch);

    torch.Tensor LossOf(object prediction, Batch batch, torch.nn.Module model, bool isTraining);

    EvaluationCounts CountOf(object prediction, Batch batch);

    torch.Tensor AnswerOf(object prediction, Batch batch);
}

/// <summary>Calls a task's callbacks with all of its outputs, whether that is one or several.</summary>
internal static class TaskOutputs
{
    /// <summary>Calls Predict.</summary>
    /// <param name="task">The task.</param>
    /// <param name="model">Its module.</param>
    /// <param name="batch">The samples.</param>
    /// <param name="cast">Casts its operations; null where they stay as they are.</param>
    /// <param name="site">For messages.</param>
    /// <exception cref="BadInputException">It returned something else than tensors.</exception>
    /// <exception cref="TrainingFaultException">It returned null.</exception>
    internal static Prediction PredictAll(this ITrainingTask task, torch.nn.Module model, Batch batch, Autocast? cast, CallSite? site = null)
    {
        using var casting = cast?.Enter();
        var prediction = Prediction.Of(
            task.Name, task is IOutputsTask several ? several.PredictAll(model, batch) : task.Predict(model, batch), site is null ? "" : $" {site}");
        return cast is null ? prediction : prediction.InFloat32();
    }

    /// <summary>Calls Loss.</summary>
    internal static torch.Tensor LossOf(this ITrainingTask task, Prediction prediction, Batch batch, torch.nn.Module model, Autocast? cast, bool isTraining)
    {
        using var casting = cast?.Enter();
        return task is IOutputsTask several ? several.LossOf(prediction.Value, batch, model, isTraining) : task.Loss(prediction.First, batch);
    }

    /// <summary>Calls Count.</summary>
    internal static EvaluationCounts CountOf(this ITrainingTask task, Prediction prediction, Batch batch) =>
        task is IOutputsTask several ? several.CountOf(prediction.Value, batch) : task.Count(prediction.First, batch);

    /// <summary>Calls Answer.</summary>
    internal static torch.Tensor AnswerOf(this ITrainingTask task, Prediction prediction, Batch batch) =>
        task is IOutputsTask several ? several.AnswerOf(prediction.Value, batch) : task.Answer(prediction.First, batch);
}
