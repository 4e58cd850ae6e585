using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Cli.Tasks;

/// <summary>The shape of a GPT.</summary>
/// <param name="Vocabulary">Different tokens.</param>
/// <param name="Context">Most tokens of a window.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Heads">Attention heads of a block.</param>
/// <param name="Width">Of a token's vector; a multiple of the heads.</param>
internal sealed record GptShape(int Vocabulary, int Context, int Layers, int Heads, int Width);

/// <summary>
/// A decoder-only transformer as in nanoGPT (https://github.com/karpathy/nanoGPT/blob/master/model.py): layer norms
/// before attention and perceptron, no biases, no dropout, and the token embedding also as the output layer.
/// </summary>
internal sealed class CharacterGpt : Module<Tensor, Tensor>
{
    private const double Spread = 0.02;

    private readonly Embedding _tokens;
    private readonly Parameter _positions;
    private readonly Sequential _blocks;
    private readonly LayerNorm _norm;

    internal CharacterGpt(GptShape shape) : base("gpt")
    {
        _tokens = Embedding(shape.Vocabulary, shape.Width);
        init.normal_(_tokens.weight!, 0, Spread);
        _positions = new Parameter(torch.normal(0, Spread, [shape.Context, shape.Width]));
        _blocks = Sequential(Enumerable.Range(0, shape.Layers).Select(layer => (Invariant($"block{layer}"), (Module<Tensor, Tensor>)new Block(shape))));
        _norm = LayerNorm(shape.Width, bias: false);
        register_parameter("positions", _positions);
        register_module("tokens", _tokens);
        register_module("blocks", _blocks);
        register_module("norm", _norm);
    }

    /// <summary>Scores of each possible next token.</summary>
    /// <param name="input">Token numbers, int64 [batch, length], of a length up to the context.</param>
    /// <returns>[batch, length, vocabulary].</returns>
    public override Tensor forward(Tensor input)
    {
        var vectors = _tokens.forward(input) + _positions.narrow(0, 0, input.shape[1]);
        return functional.linear(_norm.forward(_blocks.forward(vectors)), _tokens.weight!);
    }

    private static Linear Weights(int from, int to, double spread)
    {
        var layer = Linear(from, to, hasBias: false);
        init.normal_(layer.weight!, 0, spread);
        return layer;
    }

    /// <summary>Attention, then a perceptron, each added to what came in.</summary>
    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly GptShape _shape;
        private readonly LayerNorm _norm1;
        private readonly Linear _attention;
        private readonly Linear _joined;
        private readonly LayerNorm _norm2;
        private readonly Linear _wide;
        private readonly Linear _narrow;

        internal Block(GptShape shape) : base("block")
        {
            _shape = shape;
            // What adds to the residual stream starts smaller, the more blocks do (GPT-2, section 2.3).
            var residual = Spread / Math.Sqrt(2 * shape.Layers);
            _norm1 = LayerNorm(shape.Width, bias: false);
            _attention = Weights(shape.Width, 3 * shape.Width, Spread);
            _joined = Weights(shape.Width, shape.Width, residual);
            _norm2 = LayerNorm(shape.Width, bias: false);
            _wide = Weights(shape.Width, 4 * shape.Width, Spread);
            _narrow = Weights(4 * shape.Width, shape.Width, residual);
            register_module("norm1", _norm1);
            register_module("attention", _attention);
            register_module("joined", _joined);
            register_module("norm2", _norm2);
            register_module("wide", _wide);
            register_module("narrow", _narrow);
        }

        public override Tensor forward(Tensor input)
        {
            var attended = input + Attend(_norm1.forward(input));
            return attended + _narrow.forward(functional.gelu(_wide.forward(_norm2.forward(attended))));
        }

        private Tensor Attend(Tensor input)
        {
            var (batch, length) = (input.shape[0], input.shape[1]);
            // [batch, length, query/key/value, heads, head] → three of [batch, heads, length, head]
            var parts = _attention.forward(input)
                .view(batch, length, 3, _shape.Heads, _shape.Width / _shape.Heads)
                .permute(2, 0, 3, 1, 4)
                .unbind(0);
            var attended = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: true);
            return _joined.forward(attended.transpose(1, 2).reshape(batch, length, _shape.Width));
        }
    }
}
