using Cluster.Train.Machine;
using Cluster.Train.Native;
using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>
/// The one thread on which a replica's libtorch calls run: dispose scopes, gradient mode and the number of threads of
/// libtorch's own pool are per thread. Work is done in the order given. A thread that a C++ exception has ended is replaced.
/// </summary>
internal sealed class ComputeThread : IDisposable
{
    private readonly SerialThread _thread;
    private readonly int _threads;
    private readonly bool _portable;
    private bool _configured;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="threads">libtorch's threads for work that this thread gives it.</param>
    /// <param name="portable">See <see cref="NativeEnvironment.Prepare"/>, which is called before anything else.</param>
    internal ComputeThread(string name, int threads, bool portable)
    {
        (_threads, _portable) = (threads, portable);
        _thread = new SerialThread(name, lost =>
        {
            Configure();
            return NativeExceptions.Catch(error =>
            {
                // The work that is to come is another thread's.
                _configured = false;
                lost(error);
            });
        });
    }

    /// <summary>Does work on the thread.</summary>
    internal Task RunAsync(Action work) => _thread.RunAsync(work);

    /// <summary>Does work on the thread.</summary>
    /// <returns>Its result, or its exception.</returns>
    internal Task<T> RunAsync<T>(Func<T> work) => _thread.RunAsync(work);

    /// <summary>Ends the thread after the work that was given; waits for it for a while.</summary>
    public void Dispose() => _thread.Dispose();

    private void Configure()
    {
        if (!_configured)
        {
            NativeEnvironment.Prepare(_portable);
            NativeExceptions.Install();
            // A fresh thread takes over whatever was set last anywhere, at its first question: ask before setting.
            _ = torch.get_num_threads();
            torch.set_num_threads(_threads);
            LibtorchWarnings.TakeOver();
            _configured = true;
        }
    }
}
