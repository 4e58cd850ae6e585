namespace Cluster.Train.Reduction;

/// <summary>What the rules are given, and the norms of tensors between their two halves.</summary>
internal sealed unsafe partial class SliceOwner
{
    /// <summary>
    /// After <see cref="Direct"/> of all pieces: the sums of this slice's parts of tensors, see <see cref="TensorNorms.SumsOf"/>.
    /// </summary>
    public ReadOnlySpan<double> TensorSums => _sums;

    /// <summary>Between the two halves, where the rule needs norms of tensors: makes the directions of one piece, and sums squares.</summary>
    /// <param name="step">The step.</param>
    /// <param name="start">Absolute position of the piece in the vector; at a block boundary.</param>
    /// <param name="count">Its length: whole blocks, but for the slice's end.</param>
    /// <param name="parameters">Where the parameters for <paramref name="start"/> lie.</param>
    /// <param name="scale">The factor of the gradient, from <see cref="Scale"/>.</param>
    public void Direct(long step, long start, int count, float* parameters, float scale)
    {
        CheckPiece(start, count);
        var directions = Address(_gradient) + (start - Slice.Start);
        ApplyRules(step, scale, start, (int)Math.Clamp(_parameterLength - start, 0, count), directions, parameters, directs: true);
        var piece = new VectorSlice(start, start + count);
        var (first, sums) = _norms!.SumsOf(piece);
        _norms.Sum(piece, parameters, directions, NormOrder, _sums.AsSpan(first - _norms.SumsOf(Slice).First, sums));
    }

    /// <summary>Then takes the sums of all tensors into the rates of the step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="sums">Those of all owners, in ascending order of parts.</param>
    public void TakeNorms(long step, ReadOnlySpan<double> sums)
    {
        _ratesOf = step;
        var rate = _learningRate(step);
        var tensor = _norms!.TensorAt(Slice.Start);
        for (var number = 0; number < Math.Min(_groups.Length, _norms.Tensors.Count - tensor); number++)
        {
            _rates[number] = (float)(_groups[number].Span.Group.Rate(rate) * _norms.Ratio(tensor + number, sums));
        }
    }

    private void ApplyRules(long step, float scale, long start, int updated, float* gradients, float* parameters, bool directs)
    {
        Span<nint> state = stackalloc nint[_averageWeight is null ? _state.Length : _state.Length - 1];
        if (_ratesOf != step)
        {
            var rate = _learningRate(step);
            (_rates, _ratesOf) = (Array.ConvertAll(_groups, group => group.Span.Group.Rate(rate)), step);
        }

        for (var number = 0; number < _groups.Length; number++)
        {
            var (span, rule) = _groups[number];
            var from = Math.Max(start, span.Slice.Start);
            var length = (int)(Math.Min(start + updated, span.Slice.End) - from);
            if (length <= 0 || step < span.Group.FrozenUntil)
            {
                continue;
            }

            for (var index = 0; index < state.Length; index++)
            {
                state[index] = (nint)(Address(_state[index]) + (from - Slice.Start));
            }

            var offset = from - start;
            if (directs)
            {
                ((INormedRule)rule).Direct(step - span.Group.FrozenUntil, scale, parameters + offset, gradients + offset, state, length);
            }
            else
            {
                rule.Apply(step - span.Group.FrozenUntil, _rates[number], scale, parameters + offset, gradients + offset, state, length);
            }
        }
    }
}
