using System.Diagnostics;
using System.Reflection;
using Cluster.Train.Training;
using Cluster.Train.Verification;

namespace Cluster.Train.Hosting.Surroundings;

/// <summary>Starts this program once more, with the command line that it was started with or another.</summary>
internal static class SameProgram
{
    /// <summary>How it is started; null where the system does not tell which program this is.</summary>
    internal static Func<string, CancellationToken, Task<string?>>? Starter()
    {
        var arguments = Environment.GetCommandLineArgs().Skip(1).ToArray();
        var program = Environment.ProcessPath;
        if (program is null)
        {
            return null;
        }

        // `dotnet program.dll …`: the first argument is not among those of the program.
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            if (Assembly.GetEntryAssembly()?.Location is not { Length: > 0 } assembly)
            {
                return null;
            }

            arguments = [assembly, .. arguments];
        }

        return (folder, stop) => RunAsync(program, arguments, folder, stop);
    }

    /// <summary>How it is started to print its class of bits, for <c>doctor</c>.</summary>
    internal static ProcessStartInfo Numerics(bool portable, Precision precision)
    {
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program);
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        }

        start.ArgumentList.Add("numerics");
        start.ArgumentList.Add($"--portable={(portable ? "true" : "false")}");
        start.ArgumentList.Add($"--precision={(precision == Precision.BFloat16 ? "bf16" : "float32")}");
        return start;
    }

    private static async Task<string?> RunAsync(string program, string[] arguments, string folder, CancellationToken stop)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[JobVerification.OtherProcessVariable] = folder;
        using var process = Process.Start(start) ?? throw new TrainingFaultException($"{program} cannot be started once more");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        await output;
        var last = (await error).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
        return process.ExitCode == 0 ? null : last?.Replace("error: ", "", StringComparison.Ordinal) ?? Invariant($"the other process ended with exit code {process.ExitCode}");
    }
}
