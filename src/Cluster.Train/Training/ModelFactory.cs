using Cluster.Train.Native;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>Has a task make its model.</summary>
internal static class ModelFactory
{
    /// <summary>A model of its own for one replica, with the initial parameters that the job's seed gives.</summary>
    /// <exception cref="BadInputException">The task gave a model that another replica has, or left a tensor of it without values.</exception>
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
        UnwrittenTensors.Settle(task.Name, model);
        Freeze(task, job.Freeze, model);
        return model;

        torch.nn.Module? Make()
        {
            FinalizerGate.CallbackBegins(task);
            return UnwrittenMemory.Marked(() => task.CreateModel(job.Settings, data));
        }
    }

    /// <summary>Has the parameters that match get no gradient.</summary>
    /// <exception cref="BadInputException">A pattern matches none.</exception>
    private static void Freeze(ITrainingTask task, NamePatterns patterns, torch.nn.Module model)
    {
        var parameters = ModelParameters.Of(model);
        string[] names = [.. parameters.Select(parameter => parameter.Name)];
        if (patterns.WithoutMatch(names) is { } pattern)
        {
            throw new BadInputException($"--freeze: '{pattern}' matches no parameter of task '{task.Name}'; there are {NamePatterns.Some(names)}");
        }

        foreach (var (name, tensor) in parameters)
        {
            if (patterns.Matches(name))
            {
                tensor.requires_grad = false;
            }
        }
    }
}
