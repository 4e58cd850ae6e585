using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Cluster.Train.Reduction;

namespace Cluster.Train.Training;

/// <summary>What a tensor of a model is to training.</summary>
internal enum TensorRole
{
    /// <summary>A parameter that the optimizer updates; float32.</summary>
    Trainable,

    /// <summary>A parameter that does not require a gradient; float32. It is not in the flat vector.</summary>
    Frozen,

    /// <summary>A float32 buffer, for example a running mean.</summary>
    FloatBuffer,

    /// <summary>An int64 or boolean buffer, for example a count of batches.</summary>
    IntegerBuffer,
}

/// <summary>One tensor of a model.</summary>
/// <param name="Name">As in the model's state dictionary.</param>
/// <param name="Shape">Its dimensions; empty for a scalar.</param>
/// <param name="Role">What it is to training.</param>
/// <param name="Offset">Position of its first value in the flat vector; of a frozen parameter, among the frozen ones.</param>
internal sealed record TensorEntry(string Name, ImmutableArray<long> Shape, TensorRole Role, long Offset)
{
    /// <summary>How the optimizer treats it.</summary>
    public ParameterGroup Group { get; init; } = ParameterGroup.Default;

    /// <summary>Number of elements.</summary>
    public long Count { get; } = Shape.Aggregate(1L, (product, extent) => checked(product * extent));
}

/// <summary>
/// Where each tensor of a model lies in the flat vector: trainable parameters in model order, then float buffers, then
/// integer buffers, each integer as four limbs of 16 bits (exact in float32, so that it travels in the same sum). The
/// optimizer updates the first part. For the rest the shards contribute changes, which are added: so a buffer that
/// no forward pass changes (a table of positions, a mask) keeps its bits, whatever the weights of the shards.
/// </summary>
internal sealed class ParameterLayout
{
    /// <summary>Floats that hold one integer.</summary>
    public const int LimbsPerInteger = 4;

    /// <summary>Values that fit one vector: the longest array, without what aligning it may cost.</summary>
    internal static readonly long LongestVector = Array.MaxLength - 1024;

    /// <summary>Lays tensors out that are all of one group.</summary>
    /// <param name="tensors">Name, dimensions and role of all tensors, parameters first, in model order.</param>
    public ParameterLayout(IEnumerable<(string Name, ImmutableArray<long> Shape, TensorRole Role)> tensors)
        : this(tensors.Select(tensor => (tensor.Name, tensor.Shape, tensor.Role, ParameterGroup.Default)))
    {
    }

    /// <summary>Lays tensors out.</summary>
    /// <param name="tensors">Name, dimensions, role and group of all tensors, parameters first, in model order.</param>
    /// <param name="weighted">Whether shards contribute a weight, see <see cref="WeightPosition"/>.</param>
    public ParameterLayout(IEnumerable<(string Name, ImmutableArray<long> Shape, TensorRole Role, ParameterGroup Group)> tensors, bool weighted = false)
    {
        var all = tensors.ToArray();
        var entries = new TensorEntry[all.Length];
        ParameterLength = LayOut(TensorRole.Trainable, 0, floatsPerElement: 1);
        var floats = LayOut(TensorRole.FloatBuffer, ParameterLength, floatsPerElement: 1);
        StateLength = LayOut(TensorRole.IntegerBuffer, floats, LimbsPerInteger);
        WeightPosition = weighted ? SliceOwner.FirstBlockFrom(StateLength) : null;
        VectorLength = WeightPosition + 1 ?? StateLength;
        FrozenLength = LayOut(TensorRole.Frozen, 0, floatsPerElement: 1);
        Tensors = [.. entries];
        Groups = SpansOf(Tensors);
        Hash = Digest();

        long LayOut(TensorRole role, long offset, int floatsPerElement)
        {
            for (var index = 0; index < all.Length; index++)
            {
                if (all[index].Role == role)
                {
                    entries[index] = new TensorEntry(all[index].Name, all[index].Shape, role, offset) { Group = all[index].Group };
                    offset += entries[index].Count * floatsPerElement;
                }
            }

            return offset;
        }
    }

    /// <summary>All tensors, parameters first, in model order.</summary>
    public ImmutableArray<TensorEntry> Tensors { get; }

    /// <summary>The parameters, frozen ones included, in model order: what the hash of the parameters runs over.</summary>
    public IEnumerable<TensorEntry> Parameters => Tensors.Where(tensor => tensor.Role is TensorRole.Trainable or TensorRole.Frozen);

    /// <summary>Length of the trainable part of the flat vector.</summary>
    public long ParameterLength { get; }

    /// <summary>Length of the part of the flat vector that is the model's state.</summary>
    public long StateLength { get; }

    /// <summary>
    /// Where shards contribute what their losses count, so that the sum travels with the gradients: behind the state, in a norm
    /// block of its own. Null where a loss counts by its samples, which all know.
    /// </summary>
    public long? WeightPosition { get; }

    /// <summary>Length of the flat vector.</summary>
    public long VectorLength { get; }

    /// <summary>Length of all frozen parameters together.</summary>
    public long FrozenLength { get; }

    /// <summary>Parameters of the model, frozen ones included.</summary>
    public long ParameterCount => ParameterLength + FrozenLength;

    /// <summary>The groups of the trainable parameters, in ascending order; empty where all are as the job says.</summary>
    public IReadOnlyList<GroupSpan> Groups { get; }

    /// <summary>How norms of the trainable parameters are summed, each by itself.</summary>
    internal TensorNorms Norms => field ??= new TensorNorms(Tensors
        .Where(tensor => tensor.Role == TensorRole.Trainable)
        .Select(tensor => new GroupSpan(new VectorSlice(tensor.Offset, tensor.Offset + tensor.Count), tensor.Group)));

    /// <summary>SHA-256 over names, dimensions, roles and groups in order, and whether there are weights, in lower-case hexadecimal.</summary>
    public string Hash { get; }

    /// <summary>The largest tensor of a layout that is too long for one vector, and what is too much; null where it fits.</summary>
    internal (TensorEntry Tensor, string Problem)? Oversize
    {
        get
        {
            if (VectorLength <= LongestVector && FrozenLength <= LongestVector)
            {
                return null;
            }

            var frozen = VectorLength <= LongestVector;
            var largest = Tensors.Where(tensor => tensor.Role == TensorRole.Frozen == frozen).MaxBy(tensor => tensor.Count)!;
            return (largest, Invariant($"has {largest.Count:N0} values, and the model's {(frozen ? "frozen" : "trainable")} tensors together {(frozen ? FrozenLength : VectorLength):N0}; at most {LongestVector:N0} can be held"));
        }
    }

    private static List<GroupSpan> SpansOf(ImmutableArray<TensorEntry> tensors)
    {
        var spans = new List<GroupSpan>();
        foreach (var tensor in tensors.Where(tensor => tensor.Role == TensorRole.Trainable))
        {
            var slice = new VectorSlice(tensor.Offset, tensor.Offset + tensor.Count);
            if (spans.Count > 0 && spans[^1].Group == tensor.Group)
            {
                spans[^1] = spans[^1] with { Slice = spans[^1].Slice with { End = slice.End } };
            }
            else
            {
                spans.Add(new GroupSpan(slice, tensor.Group));
            }
        }

        return spans.TrueForAll(span => span.Group == ParameterGroup.Default) ? [] : spans;
    }

    private string Digest()
    {
        var text = new StringBuilder();
        foreach (var tensor in Tensors)
        {
            text.Append(tensor.Name).Append(' ').Append(tensor.Role).Append(" [").AppendJoin(',', tensor.Shape).Append(']');
            // Only where there is one: models of before there were groups keep their hashes.
            if (tensor.Group != ParameterGroup.Default)
            {
                text.Append(' ').Append(tensor.Group.Canonical());
            }

            text.Append('\n');
        }

        if (WeightPosition is not null)
        {
            text.Append("weighted\n");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
