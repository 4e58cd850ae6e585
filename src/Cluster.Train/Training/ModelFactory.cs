using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>Has a task make its model.</summary>
internal static class ModelFactory
{
    /// <summary>A model of its own for one replica, with the initial parameters that the job's seed gives.</summary>
    /// <exception cref="BadInputException">The task gave a model that another replica has.</exception>
    /// <exception cref="TrainingFaultException">The task failed.</exception>
    internal static torch.nn.Module Create(ITrainingTask task, JobDefinition job, TaskData data)
    {
        torch.nn.Module? model;
        try
        {
            model = RandomGate.Run(job.Seed, Make, first: true).Result;
            FinalizerGate.CallbackReturned(nameof(ITrainingTask.CreateModel));
        }
        catch (Exception error) when (error is not BadInputException)
        {
            throw new TrainingFaultException($"task '{task.Name}' failed in CreateModel: {OneLine.First(error.Message)}", error);
        }

        if (model is null)
        {
            throw new TrainingFaultException($"task '{task.Name}' returned null from CreateModel");
        }

        ModuleTree.Claim(task.Name, model);
        return model;

        torch.nn.Module? Make()
        {
            FinalizerGate.CallbackBegins(task);
            return task.CreateModel(job.Settings, data);
        }
    }
}
