using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace FromALoop;

/// <summary>The ordinary loop of TorchSharp: one thread of one machine.</summary>
internal static class PlainLoop
{
    /// <summary>Trains, and tells the loss of the last epoch.</summary>
    internal static void Train(int epochs)
    {
        random.manual_seed(0);
        var (points, answers) = XorTask.Points(count: 2500, seed: 1);
        using var inputs = tensor(points, [2500, 2]);
        using var targets = tensor(answers, [2500, 1]);

        using var model = Sequential(("hidden", Linear(2, 4)), ("bend", Tanh()), ("output", Linear(4, 1)));
        using var optimizer = optim.SGD(model.parameters(), learningRate: 0.1);
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            var sum = 0.0;
            using var order = randperm(2500);
            for (var first = 0; first < 2500; first += 128)
            {
                using var scope = NewDisposeScope();
                var samples = order.narrow(0, first, Math.Min(128, 2500 - first));
                var (input, target) = (inputs[samples], targets[samples]);
                var prediction = model.forward(input);
                var loss = functional.binary_cross_entropy_with_logits(prediction, target);
                optimizer.zero_grad();
                loss.backward();
                optimizer.step();
                sum += loss.item<float>() * samples.shape[0];
            }

            if (epoch == epochs)
            {
                Console.WriteLine(FormattableString.Invariant($"epoch {epoch}  loss {sum / 2500:F4}"));
            }
        }
    }
}
