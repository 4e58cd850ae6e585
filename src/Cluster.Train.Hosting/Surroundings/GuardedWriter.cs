using System.Text;

namespace Cluster.Train.Hosting.Surroundings;

/// <summary>
/// Writes on, as far as it goes: a full disk or a terminal that is gone costs lines, never a training run. The first
/// failure is kept, to be told at the end.
/// </summary>
/// <param name="inner">What is written to.</param>
internal sealed class GuardedWriter(TextWriter inner) : TextWriter(inner.FormatProvider)
{
    private string? _failure;

    /// <summary>Why something could not be written; null if everything was.</summary>
    public string? Failure => Volatile.Read(ref _failure);

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => inner.Write(value));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => inner.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(inner.Flush);

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // What comes later is tried again: a disk may have room again by then.
            Interlocked.CompareExchange(ref _failure, exception.Message, null);
        }
    }
}
