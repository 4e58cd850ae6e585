using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Coordination;

public sealed class JoinDeskTests
{
    private const int Many = 5_000;

    private readonly JoinDesk _desk = new();

    [Fact]
    public void The_first_sets_the_measure_and_others_with_its_hashes_are_admitted_without_a_further_word()
    {
        var state = State(Many);
        Assert.True(state.Page(0).Tensors.Length < Many);

        var rounds = JoinWhole("a", state);
        var admitted = _desk.Take(Request("b", state));

        Assert.InRange(rounds, 3, 40);
        Assert.Equal(["b"], admitted.OfType<JoinStep.Admit>().Select(step => step.WorkerId));
        Assert.Equal(state.Tensors.Select(tensor => tensor.Entry), _desk.Tensors);
    }

    [Fact]
    public void Those_that_wait_with_the_first_are_admitted_with_it_and_one_that_differs_is_named()
    {
        var (state, other) = (State(Many), State(Many, tensor => tensor.Entry.Name == "t3" ? tensor with { Checksum = 1 } : tensor));
        Assert.IsType<JoinStep.Ask>(Assert.Single(_desk.Take(Request("b", state))));
        Assert.IsType<JoinStep.Ask>(Assert.Single(_desk.Take(Request("c", other))));

        var steps = Whole("a", state);

        Assert.Equal(["a", "b"], steps.OfType<JoinStep.Admit>().Select(step => step.WorkerId).Order());
        Assert.StartsWith("initial values differ: parameter 't3' starts from other values here than in the job; ", Assert.Single(steps.OfType<JoinStep.Refuse>()).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(Many - 1)]
    public void Of_one_that_differs_tensors_are_asked_for_until_the_first_different_one(int different)
    {
        Whole("a", State(Many));
        var other = State(Many, tensor => tensor.Entry.Name == $"t{different}" ? tensor with { Checksum = -1 } : tensor);

        var step = Assert.Single(Whole("b", other));

        Assert.Contains($"'t{different}' starts from other values", Assert.IsType<JoinStep.Refuse>(step).Reason, StringComparison.Ordinal);
        _desk.Forget("b");
        Assert.Empty(_desk.Take("b", other.Page(0)));
    }

    [Fact]
    public void Another_layout_is_named_with_the_tensor_and_both_shapes()
    {
        Whole("a", State(5));

        Refused("parameter layout differs: 't2' is [3, 7] in the job, [3, 8] in this worker; ", State(5, tensor => tensor.Entry.Name == "t2" ? With(tensor, [3, 8]) : tensor));
        Refused("parameter layout differs: 't4' is a parameter in the job, a frozen parameter in this worker; ", State(5, tensor => tensor.Entry.Name == "t4" ? Frozen(tensor) : tensor));
        Refused("parameter layout differs: the job's model has 't4', this worker's has not; ", State(4));
        Refused("parameter layout differs: this worker's model has 't5', the job's has not; ", State(6));
    }

    [Fact]
    public void Pages_that_come_twice_or_out_of_turn_change_nothing()
    {
        var state = State(Many);
        var first = Assert.IsType<JoinStep.Ask>(Assert.Single(_desk.Take(Request("a", state)))).First;
        _desk.Take(Request("a", state));
        Assert.Equal(first, Assert.IsType<JoinStep.Ask>(Assert.Single(_desk.Take("a", state.Page(first + 10)))).First);

        Whole("a", state);

        Assert.Equal(state.Tensors.Select(tensor => tensor.Entry), _desk.Tensors);
    }

    private void Refused(string reason, InitialState state)
    {
        Assert.StartsWith(reason, Assert.IsType<JoinStep.Refuse>(Assert.Single(Whole("b", state))).Reason, StringComparison.Ordinal);
        _desk.Forget("b");
    }

    private int JoinWhole(string worker, InitialState state)
    {
        var rounds = 1;
        for (var steps = _desk.Take(Request(worker, state)); steps is [JoinStep.Ask ask]; rounds++)
        {
            steps = _desk.Take(worker, state.Page(ask.First));
        }

        return rounds;
    }

    /// <summary>Joins, and sends what is asked for; what is to be done then.</summary>
    private IReadOnlyList<JoinStep> Whole(string worker, InitialState state)
    {
        var steps = _desk.Take(Request(worker, state));
        while (steps is [JoinStep.Ask ask])
        {
            steps = _desk.Take(worker, state.Page(ask.First));
        }

        return steps;
    }

    private static InitialState State(int tensors, Func<InitialTensor, InitialTensor>? change = null) => new(
        [.. Enumerable.Range(0, tensors).Select(index => new InitialTensor(new TensorEntry($"t{index}", [3, 7], TensorRole.Trainable, index * 21), index)).Select(change ?? (tensor => tensor))]);

    private static InitialTensor With(InitialTensor tensor, long[] shape) => tensor with { Entry = new TensorEntry(tensor.Entry.Name, [.. shape], tensor.Entry.Role, tensor.Entry.Offset) };

    private static InitialTensor Frozen(InitialTensor tensor) => tensor with { Entry = tensor.Entry with { Role = TensorRole.Frozen } };

    private static JoinRequest Request(string worker, InitialState state) => new(
        worker, new ReplicaDescription("job", "", $"layout {state.Tensors.Length} {string.Join(' ', state.Tensors.Select(tensor => $"{tensor.Entry.Role}{tensor.Entry.Count}").Distinct())}", state.Hash, "data", 9, 9, 17, 17, 17, "cpu", "1-2-3-4-5", "a processor", null),
        state.Page(0), [], [], "");
}
