using Cluster.Train.Membership;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>What a task does wrong ends the run with its own words, and with the place.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class CallbackTests
{
    private const string Words = "the cupboard is bare";

    private static readonly Dictionary<string, (SmallTask Task, string Place)> s_throwing = new()
    {
        ["OpenData"] = (new SmallTask { Data = Throw<TaskData> }, "failed in OpenData: "),
        ["CreateModel"] = (new SmallTask { Model = Throw<torch.nn.Module> }, "failed in CreateModel: "),
        ["Predict"] = (new SmallTask { Forward = (_, _) => Throw<torch.Tensor>() }, "failed in Predict at step 0, shard "),
        ["Loss"] = (new SmallTask { LossOf = (_, _) => Throw<torch.Tensor>() }, "failed in Loss at step 0, shard "),
        ["Count"] = (new SmallTask { CountOf = (_, _) => Throw<EvaluationCounts>() }, "failed in Count in the evaluation: "),
        ["Read (training)"] = (Reads(epoch: 0), "failed in Read (data) at step 0, shard "),
        ["Read (second epoch)"] = (Reads(epoch: 1), "failed in Read (data) at step 3, shard "),
        ["Read (evaluation)"] = (Reads(epoch: -1), "failed in Read (data) at evaluation samples "),
        ["Count (data)"] = (Altered(data => new AlteredData(data) { CountOf = Throw<int> }), "failed in Count of its training data: "),
        ["Fields"] = (Altered(data => new AlteredData(data) { FieldsOf = Throw<IReadOnlyList<FieldSpec>> }), "failed in Fields of its training data: "),
        ["Fingerprint"] = (Altered(data => new AlteredData(data) { FingerprintOf = Throw<string> }), "failed in Fingerprint of its training data: "),
    };

    private static readonly Dictionary<string, (SmallTask Task, string Message)> s_wrong = new()
    {
        ["OpenData"] = (new SmallTask { Data = () => null! }, "returned null from OpenData"),
        ["no evaluation data"] = (new SmallTask { Data = () => new TaskData(new SmallData(9, 1), null!) }, "returned null from OpenData"),
        ["CreateModel"] = (new SmallTask { Model = () => null! }, "returned null from CreateModel"),
        ["Predict"] = (new SmallTask { Forward = (_, _) => null! }, "returned null from Predict at step 0, shard "),
        ["Loss"] = (new SmallTask { LossOf = (_, _) => null! }, "returned null from Loss at step 0, shard "),
        ["Fields"] = (Altered(data => new AlteredData(data) { FieldsOf = () => null! }), "Fields of its training data gave null"),
        ["no field"] = (Altered(data => new AlteredData(data) { FieldsOf = () => [] }), "Fields of its training data has no field"),
        ["a field"] = (Altered(data => new AlteredData(data) { FieldsOf = () => [null!] }), "Fields of its training data has a field that is null"),
        ["an extent"] = (Altered(data => new AlteredData(data) { FieldsOf = () => [new("x", FieldType.Float32, 0)] }), "'x' of shape [0]"),
        ["Fingerprint"] = (Altered(data => new AlteredData(data) { FingerprintOf = () => null! }), "Fingerprint of its training data gave null"),
        ["Count (data)"] = (Altered(data => new AlteredData(data) { CountOf = () => -3 }), "Count of its training data gave -3"),
        ["a loss for each sample"] = (
            new SmallTask { LossOf = (prediction, _) => prediction.sum(1) }, "a loss of shape [8] and type Float32 at step 0, shard "),
        ["a loss of float64"] = (
            new SmallTask { LossOf = (prediction, _) => prediction.to(torch.float64).mean() }, "a loss of shape [] and type Float64 at step 0, shard "),
        ["a loss for each evaluation sample"] = (
            new SmallTask { LossOf = (prediction, _) => prediction.requires_grad ? prediction.mean() : prediction.sum(1) }, "type Float32 in the evaluation"),
        ["a loss without gradient"] = (
            new SmallTask { LossOf = (prediction, _) => prediction.detach().mean() }, "failed in backward at step 0, shard "),
    };

    public static TheoryData<string, int, Topology> Throwing => Cases(s_throwing.Keys);

    public static TheoryData<string, int, Topology> Wrong => Cases(s_wrong.Keys);

    [Theory]
    [MemberData(nameof(Throwing))]
    public async Task An_exception_in_a_callback_ends_the_run_with_its_message_and_its_place(string callback, int workers, Topology topology)
    {
        var (task, place) = s_throwing[callback];

        var fault = await new LocalRun { Task = task, Workers = workers, Topology = topology }.FaultAsync();

        Assert.Contains($"task 'small' {place}", fault, StringComparison.Ordinal);
        Assert.Contains(Words, fault, StringComparison.Ordinal);
        Assert.Contains("(worker-", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", fault, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_callback_that_returns_something_unusable_is_named(string what, int workers, Topology topology)
    {
        var (task, message) = s_wrong[what];

        Assert.Contains(message, await new LocalRun { Task = task, Workers = workers, Topology = topology }.FaultAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_input_found_by_a_callback_stays_bad_input()
    {
        var run = new LocalRun { Task = new SmallTask { Data = () => throw new BadInputException(Words) }, Workers = 2 };

        Assert.Equal(Words, (await Assert.ThrowsAsync<BadInputException>(() => run.RunAsync())).Message);
    }

    [Theory]
    [InlineData(1, Topology.Sharded)]
    [InlineData(3, Topology.Coordinator)]
    public async Task A_task_that_hangs_in_a_step_ends_the_run_and_the_worker_is_named(int workers, Topology topology)
    {
        using var end = new ManualResetEventSlim();
        var calls = 0;
        var task = new SmallTask
        {
            Forward = (model, batch) =>
            {
                if (Interlocked.Increment(ref calls) == 20)
                {
                    end.Wait(TimeSpan.FromMinutes(2));
                }

                return ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Input);
            },
        };

        var fault = await new LocalRun { Task = task, Workers = workers, Topology = topology, StepTimeout = TimeSpan.FromSeconds(1) }.FaultAsync();

        end.Set();
        Assert.Matches(@"waited 1 s for worker-\d in step|was not done after 1 s; waiting for [^;]*worker-\d", fault);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_task_that_hangs_while_it_opens_its_data_ends_the_run(int workers)
    {
        using var end = new ManualResetEventSlim();
        var task = new SmallTask
        {
            Data = () =>
            {
                end.Wait(TimeSpan.FromMinutes(2));
                return new TaskData(new SmallData(10, 1), new SmallData(10, 2));
            },
        };

        var fault = await new LocalRun { Task = task, Workers = workers, JoinTimeout = TimeSpan.FromSeconds(1) }.FaultAsync();

        end.Set();
        Assert.Contains($"waited 1 s for at least {workers} worker", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_that_grows_while_it_is_read_counts_as_it_was_at_the_beginning()
    {
        var asked = 0;
        var growing = Altered(data => new AlteredData(data) { CountOf = () => 80 + Interlocked.Increment(ref asked) });
        var steady = Altered(data => new AlteredData(data) { CountOf = () => 81 });

        var outcome = await new LocalRun { Task = growing, Workers = 3 }.RunAsync();

        Assert.Equal(2 * 81, outcome.Samples);
        Assert.Equal(await new LocalRun { Task = steady }.HashAsync(), outcome.ParametersSha256);
    }

    private static TheoryData<string, int, Topology> Cases(IEnumerable<string> names)
    {
        var cases = new TheoryData<string, int, Topology>();
        foreach (var name in names)
        {
            cases.Add(name, 1, Topology.Sharded);
            cases.Add(name, 1, Topology.Coordinator);
            cases.Add(name, 3, Topology.Sharded);
            cases.Add(name, 3, Topology.Coordinator);
        }

        return cases;
    }

    private static T Throw<T>() => throw new InvalidOperationException(Words);

    private static SmallTask Reads(int epoch)
    {
        TaskData Data()
        {
            var (training, evaluation) = (new SmallData(96, 1), new SmallData(31, 2));
            AlteredData Failing(SmallData data) => new(data)
            {
                ReadOf = (numbers, at, into) =>
                {
                    if (at == epoch)
                    {
                        throw new InvalidOperationException(Words);
                    }

                    data.Read(numbers, at, into);
                },
            };
            return new TaskData(Failing(training), Failing(evaluation));
        }

        return new SmallTask { Data = Data };
    }

    private static SmallTask Altered(Func<SmallData, IDataset> alter) =>
        new() { Data = () => new TaskData(alter(new SmallData(96, 1)), new SmallData(31, 2)) };
}
