using Cluster.Train.Hosting.Surroundings;
using Cluster.Train.Verification;

namespace Cluster.Train.Hosting.Display;

/// <summary>How far a verification is: on a terminal in one line that is redrawn, elsewhere on standard error, a line a variant.</summary>
internal sealed class VerifyDisplay(HostContext host) : IProgress<VerificationProgress>, IDisposable
{
    /// <summary>Erases the line that the cursor is in, and goes to its beginning.</summary>
    private const string Erase = "\u001b[2K\r";

    private readonly Lock _gate = new();
    private int _number;
    private bool _isOver;

    /// <inheritdoc/>
    public void Report(VerificationProgress value)
    {
        lock (_gate)
        {
            if (_isOver || value.Number < _number)
            {
                return;
            }

            var isNew = value.Number > _number;
            _number = value.Number;
            if (host.Terminal is { } terminal)
            {
                var line = Of(value) + (value.TotalSteps > 0 ? Invariant($"  step {value.CompletedSteps}/{value.TotalSteps}") : "");
                terminal.Profile.Out.Writer.Write(Erase + line[..Math.Min(line.Length, terminal.Profile.Width - 1)]);
                terminal.Profile.Out.Writer.Flush();
            }
            else if (isNew)
            {
                host.Error.WriteLine(Of(value));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_isOver && _number > 0)
            {
                host.Terminal?.Profile.Out.Writer.Write(Erase);
            }

            _isOver = true;
        }
    }

    private static string Of(VerificationProgress value) => Invariant($"{value.Number}/{value.Variants}  {value.Name}");
}
