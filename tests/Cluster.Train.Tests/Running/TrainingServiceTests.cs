using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Cluster.Train.Tests.Running;

/// <summary>The web service of samples/TrainingService, as a process of its own.</summary>
public sealed class TrainingServiceTests
{
    [Fact]
    public async Task Two_trainings_at_once_in_a_web_service_one_cancelled_and_the_others_model_predicts()
    {
        using var service = Start();
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(8));
            using var client = new HttpClient { BaseAddress = await AddressAsync(service, patience.Token), Timeout = TimeSpan.FromMinutes(5) };

            Assert.Equal(HttpStatusCode.Accepted, await PostAsync("/trainings/endless?seed=2&steps=1000000000"));
            Assert.Equal(HttpStatusCode.Accepted, await PostAsync("/trainings/short?seed=1&steps=600"));
            Assert.Equal(HttpStatusCode.Conflict, await PostAsync("/trainings/short?seed=1&steps=600"));
            var done = await client.GetFromJsonAsync<JsonElement>("/trainings/short", patience.Token);
            using var stopped = await client.DeleteAsync(new Uri("/trainings/endless", UriKind.Relative), patience.Token);
            var reached = await stopped.Content.ReadFromJsonAsync<JsonElement>(patience.Token);
            var inside = await client.GetFromJsonAsync<JsonElement>("/trainings/short/prediction?x=0.1&y=0.1", patience.Token);
            var outside = await client.GetFromJsonAsync<JsonElement>("/trainings/short/prediction?x=0.9&y=-0.9", patience.Token);

            Assert.True(done.GetProperty("completed").GetBoolean());
            Assert.Equal(600, done.GetProperty("steps").GetInt64());
            Assert.InRange(done.GetProperty("accuracy").GetDouble(), 0.9, 1);
            Assert.False(reached.GetProperty("completed").GetBoolean());
            Assert.True(inside.GetProperty("inside").GetBoolean());
            Assert.False(outside.GetProperty("inside").GetBoolean());

            async Task<HttpStatusCode> PostAsync(string path)
            {
                using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content: null, patience.Token);
                return response.StatusCode;
            }
        }
        finally
        {
            service.Kill(entireProcessTree: true);
        }
    }

    private static Process Start()
    {
        // bin/<configuration>/<framework> of this project and of the sample have the same names.
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var root = here.Parent!.Parent!.Parent!.Parent!.Parent!;
        var folder = Path.Combine(root.FullName, "samples", "TrainingService", "bin", here.Parent!.Name, here.Name);
        var program = Path.Combine(folder, OperatingSystem.IsWindows() ? "training-service.exe" : "training-service");
        return Process.Start(new ProcessStartInfo(program, ["--urls", "http://127.0.0.1:0"]) { UseShellExecute = false, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("the service did not start");
    }

    /// <summary>Where it listens, as it tells.</summary>
    private static async Task<Uri> AddressAsync(Process service, CancellationToken patience)
    {
        const string words = "Now listening on: ";
        while (await service.StandardOutput.ReadLineAsync(patience) is { } line)
        {
            if (line.Contains(words, StringComparison.Ordinal))
            {
                return new Uri(line[(line.IndexOf(words, StringComparison.Ordinal) + words.Length)..].Trim());
            }
        }

        throw new InvalidOperationException("the service ended before it listened");
    }
}
