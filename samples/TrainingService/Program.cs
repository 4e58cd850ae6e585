using System.Collections.Concurrent;
using Cluster.Train;
using Cluster.Train.Running;
using Cluster.Train.Training;
using TorchSharp;
using TrainingService;

// dotnet run --project samples/TrainingService -- --urls http://127.0.0.1:5080
// curl -X POST '127.0.0.1:5080/trainings/a?seed=1&steps=500'; curl '127.0.0.1:5080/trainings/a/prediction?x=0.1&y=0.2'
var app = WebApplication.CreateSlimBuilder(args).Build();
var task = new DiscTask();
var trainings = new ConcurrentDictionary<string, (Task<TrainingResult> Run, CancellationTokenSource Stop)>();

app.MapPost("/trainings/{name}", (string name, long seed, long steps) =>
{
    var options = TrainingOptions.For(task, workers: 2);
    options = options with { Definition = options.Definition with { Seed = seed, Length = new RunLength(null, steps) } };
    var stop = new CancellationTokenSource();
    return trainings.TryAdd(name, (Trainer.TrainAsync(task, options, cancellation: stop.Token), stop)) ? Results.Accepted() : Results.Conflict();
});

app.MapGet("/trainings/{name}", async (string name) => Told(await trainings[name].Run));

app.MapDelete("/trainings/{name}", async (string name) =>
{
    trainings[name].Stop.Cancel();
    return Told(await trainings[name].Run);
});

app.MapGet("/trainings/{name}/prediction", async (string name, float x, float y) =>
{
    using var point = torch.tensor(new[] { x, y }).reshape(1, 2);
    using var logit = await (await trainings[name].Run).Model.PredictAsync(new Batch([point], 1));
    return new { inside = logit.item<float>() > 0 };
});

app.Run();

static object Told(TrainingResult result) => new
{
    completed = result.Outcome.Completed,
    steps = result.Outcome.Steps,
    accuracy = result.Outcome.Evaluation?.Accuracy,
    parametersSha256 = result.Outcome.ParametersSha256,
};
