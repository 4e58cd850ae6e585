using TorchSharp;

namespace Cluster.Train.Exchange.Device;

/// <summary>
/// a·b + c with one rounding, of tensors; libtorch has that only where b is a number. In double precision the product of two
/// floats is exact, but the sum is rounded, and rounding it again to float goes wrong where the first rounding made a tie
/// between two floats of what was none. There the part that was left out decides (Boldo and Melquiond, "Emulation of FMA and
/// correctly rounded sums", IEEE Transactions on Computers 57, 2008, on why nowhere else).
/// </summary>
internal static class FusedMultiplyAdd
{
    /// <summary>a·b + c, element by element.</summary>
    /// <param name="a">float32.</param>
    /// <param name="b">float32, as long.</param>
    /// <param name="c">float32, as long.</param>
    /// <returns>A new float32 tensor.</returns>
    internal static torch.Tensor Of(torch.Tensor a, torch.Tensor b, torch.Tensor c)
    {
        var product = a.to_type(torch.ScalarType.Float64).mul_(b);
        var term = c.to_type(torch.ScalarType.Float64);
        var sum = product.add(term);
        // Knuth's two-sum: what the rounding of the sum left out, exactly; not a number where the sum is infinite.
        var part = sum.sub(product);
        var error = product.sub_(sum.sub(part)).add_(term.sub_(part));
        var nearest = sum.to_type(torch.ScalarType.Float32).to_type(torch.ScalarType.Float64);
        // As far from the sum on its other side: a float as well, if the sum is a tie.
        var other = sum.mul(2).sub_(nearest);
        var tie = other.to_type(torch.ScalarType.Float32).to_type(torch.ScalarType.Float64).eq(other).logical_and_(error.ne(0));
        var decided = torch.where(error.gt(0), nearest.maximum(other), nearest.minimum(other));
        return torch.where(tie, decided, nearest).to_type(torch.ScalarType.Float32);
    }
}
