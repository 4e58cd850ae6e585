namespace Cluster.Train.Tests.Hosting;

public sealed class BadInputTests
{
    [Theory]
    [InlineData("", "no command given: one of train, coordinator, worker, status, evaluate, predict, verify, replay, doctor, certificates, health")]
    [InlineData("trian", "unknown command 'trian'; did you mean train?")]
    [InlineData("--workers 2", "unknown option '--workers': a command comes first")]
    [InlineData("train xro", "unknown task 'xro'; did you mean xor? (known: xor, mnist)")]
    [InlineData("train perceptron", "unknown task 'perceptron' (known: xor, mnist)")]
    [InlineData("train --wrokers 2", "unknown option '--wrokers'; did you mean --workers?")]
    [InlineData("train xor --wrokers=2", "unknown option '--wrokers'; did you mean --workers?")]
    [InlineData("train xor --zzz", "unknown option '--zzz' (cluster-train train --help lists the options)")]
    [InlineData("train xor -w 2", "unknown option '-w'")]
    [InlineData("evaluate --epochs 3", "unknown option '--epochs'")]
    [InlineData("status xor", "status takes no task; leave 'xor' out")]
    [InlineData("train xor mnist", "'mnist' is one word too many after task 'xor'")]
    [InlineData("train xor --epochs", "--epochs needs a value: --epochs N")]
    [InlineData("train xor --data --resume", "--data needs a value")]
    [InlineData("train xor --data --sumary", "--data needs a value, but '--sumary' follows")]
    [InlineData("train xor --lr 1 --lr 2", "--lr is given 2 times: give it once")]
    [InlineData("train xor --epochs many", "--epochs is 'many': give a whole number from 1 to")]
    [InlineData("train xor --epochs 1,000", "--epochs is '1,000'")]
    [InlineData("train xor --epochs 99999999999", "--epochs is '99999999999'")]
    [InlineData("train xor --workers 0", "--workers is '0': give a whole number from 1 to 256 workers")]
    [InlineData("train xor --workers -1", "--workers is '-1'")]
    [InlineData("train xor --steps 0", "--steps is '0'")]
    [InlineData("train xor --lr 0,01", "--lr is '0,01': give a number above 0, its decimals behind a point")]
    [InlineData("train xor --lr 0", "--lr is '0': give a number above 0")]
    [InlineData("train xor --lr nan", "--lr is 'nan'")]
    [InlineData("train xor --lr 1e99", "--lr is '1e99'")]
    [InlineData("train xor --momentum 1", "--momentum is '1': give a number from 0 to below 1")]
    [InlineData("train xor --weight-decay -0.1", "--weight-decay is '-0.1'")]
    [InlineData("train xor --clip-norm 0", "--clip-norm is '0'")]
    [InlineData("train xor --optimizer adem", "--optimizer is 'adem': give one of sgd, adamw, adam, rmsprop, adagrad, lion, lamb, own; did you mean 'adam'?")]
    [InlineData("train xor --topology shardd", "--topology is 'shardd': give one of auto, coordinator, sharded; did you mean 'sharded'?")]
    [InlineData("train xor --device gpu", "--device is 'gpu': give cpu, cuda or cuda:N")]
    [InlineData("train xor --device cuda:x", "--device is 'cuda:x'")]
    [InlineData("train xor --watch accurcy", "--watch is 'accurcy', which task 'xor' does not have: give loss")]
    [InlineData("train xor --watch los", "--watch is 'los', which task 'xor' does not have: give loss; did you mean 'loss'?")]
    [InlineData("train xor --watch loss --least-gain 0.1", "--least-gain needs --stop-after N")]
    [InlineData("train xor --stop-after 0", "--stop-after is '0': give a whole number from 1 to 1,000,000 evaluations")]
    [InlineData("train xor --evaluate-every 200", "--evaluate-every is '200': give a number of steps or epochs, like 200steps or 2epochs")]
    [InlineData("train xor --keep-best", "--keep-best needs --checkpoint-dir DIR")]
    [InlineData("train xor --schedule line", "--schedule is 'line': give constant, linear, ")]
    [InlineData("train xor --schedule linear:warmup=-1", "--schedule is 'linear:warmup=-1'")]
    [InlineData("train xor --schedule linear:warmup=110%", "--schedule is 'linear:warmup=110%'")]
    [InlineData("train xor --schedule cosine:power=2", "--schedule is 'cosine:power=2'")]
    [InlineData("train xor --step-timeout 0", "--step-timeout is '0': give seconds")]
    [InlineData("train xor --log-level chatty", "--log-level is 'chatty'")]
    [InlineData("train xor --epochs 2 --steps 3", "--epochs and --steps both say how long to train")]
    [InlineData("train xor --workers 4 --shards 2", "--workers is 4, but --shards is 2 and a worker without a shard has nothing to do")]
    [InlineData("train xor --accumulate 2 --shards 4", "--accumulate and --shards both say into how many pieces a batch is cut")]
    [InlineData("train xor --accumulate 60000 --workers 2", "--accumulate 60000 with 2 workers makes 120000 shards, at most 65,536 can be")]
    [InlineData("train xor --accumulate 8 --workers 2 --batch-size 15", "--batch-size is 15, too few samples for 16 shards")]
    [InlineData("train xor --shards 4 --batch-size 3", "--batch-size is 3, too few samples for 4 shards")]
    [InlineData("train xor --nesterov", "--nesterov needs --momentum above 0")]
    [InlineData("train xor --nesterov=perhaps", "'perhaps' is one word too many after task 'xor'")]
    [InlineData("train xor --nesterov --momentum 0.9 --dampening 0.1", "--nesterov needs --momentum above 0 and --dampening 0")]
    [InlineData("train xor --dampening 0.1", "--dampening dampens the momentum, and there is none")]
    [InlineData("train xor --optimizer adamw --momentum 0.9", "--momentum belongs to sgd and rmsprop, but the optimizer is adamw")]
    [InlineData("train xor --beta1 0.8", "--beta1 belongs to adamw, adam, lion and lamb, but the optimizer is sgd")]
    [InlineData("train xor --optimizer lion --epsilon 0.1", "--epsilon belongs to adamw, adam, rmsprop, adagrad and lamb, but the optimizer is lion")]
    [InlineData("train xor --optimizer rmsprop --lr-decay 0.1", "--lr-decay belongs to adagrad, but the optimizer is rmsprop")]
    [InlineData("train xor --optimizer rmsprop --alpha 1", "--alpha is '1': give a number from 0 to below 1")]
    [InlineData("train xor --checkpoint-every 5", "--checkpoint-every needs --checkpoint-dir DIR")]
    [InlineData("train xor --keep 5", "--keep needs --checkpoint-dir DIR")]
    [InlineData("train xor --resume", "--resume needs --checkpoint-dir DIR")]
    [InlineData("train xor --data /no/such/folder", "--data is '/no/such/folder', but there is no such folder or file")]
    [InlineData("train xor --model cnn", "task 'xor' has no option --model: it belongs to task 'mnist'")]
    [InlineData("train mnist --model rnn", "--model is 'rnn': give one of mlp, cnn")]
    [InlineData("train xor --plot loss.jpg", "--plot is 'loss.jpg': give a file that ends in .png or .svg")]
    [InlineData("train xor --plot /no/such/folder/a.png", "there is no folder '/no/such/folder'")]
    [InlineData("train xor --summary /no/such/folder/a.json", "there is no folder '/no/such/folder'")]
    [InlineData("train xor --summary /", "--summary is '/', which is a folder")]
    [InlineData("train xor --checkpoint-dir /dev/null/x", "--checkpoint-dir is '/dev/null/x', which cannot be made")]
    [InlineData("train xor --journal /", "--journal is '/', which is a folder")]
    [InlineData("train xor --journal /no/such/folder/a.jsonl", "there is no folder '/no/such/folder'")]
    [InlineData("train xor --journal-hash-every 5", "--journal-hash-every needs --journal FILE")]
    [InlineData("replay", "--journal is missing: give the file that a run's --journal named")]
    [InlineData("replay xor --journal a.jsonl", "replay takes no task; leave 'xor' out")]
    [InlineData("train xor --init /no/such/file", "--init is '/no/such/file', but there is no such file or folder: give a file of weights, or a checkpoint, that exists")]
    [InlineData("train xor --init-skip head.*", "--init-skip needs --init PATH, whose names it is about")]
    [InlineData("train xor --init . --init-map backbone", "--init-map is 'backbone': give beginnings of names as old=new, separated by commas")]
    [InlineData("train xor --freeze ,", "--freeze is ',': give names separated by commas")]
    [InlineData("evaluate xor", "--checkpoint is missing")]
    [InlineData("predict xor --output out.csv", "--checkpoint is missing")]
    [InlineData("predict xor --checkpoint .", "--output is missing: give a file that can be written")]
    [InlineData("predict xor --checkpoint . --output /no/such/folder/out.csv", "there is no folder '/no/such/folder'")]
    [InlineData("predict xor --checkpoint . --output out.csv --workers 0", "--workers is '0': give a whole number from 1 to 256 workers")]
    [InlineData("evaluate xor --checkpoint /no/such/folder", "--checkpoint is '/no/such/folder', but there is no such folder")]
    [InlineData("coordinator xor --listen 4053", "--listen is '4053': give HOST:PORT, with a port from 0 to 65535")]
    [InlineData("coordinator xor --listen 0.0.0.0:4053", "--listen is 0.0.0.0:4053, which other machines can reach: give --tls-cert, --tls-key and --tls-ca")]
    [InlineData("coordinator xor --tls-cert a.pem", "--tls-cert is given without --tls-key")]
    [InlineData("coordinator xor --tls-cert a.pem --tls-key b.pem --tls-ca /no/such/ca.pem", "--tls-ca is '/no/such/ca.pem', which cannot be read")]
    [InlineData("coordinator xor --workers 2 --min-workers 3", "--min-workers is 3, but the job begins with 2 (--workers)")]
    [InlineData("coordinator xor --shards 2000 --workers 1025", "--workers is '1025': give a whole number from 1 to 1,024 workers")]
    [InlineData("coordinator xor --workers 2 --max-workers 1", "--max-workers is 1, but the job begins with 2")]
    [InlineData("coordinator xor --workers 2 --max-workers 3", "--max-workers is 3, but there are only 2 shards")]
    [InlineData("coordinator xor --tensor-port 4053", "--tensor-port is 4053, which is --listen's port already")]
    [InlineData("coordinator xor --advertise 0.0.0.0:4053", "--advertise is 0.0.0.0:4053, which is no address that another node can connect to")]
    [InlineData("coordinator xor --seed-node a,b:1", "--seed-node is 'a,b:1': give addresses HOST:PORT of coordinators, separated by commas")]
    [InlineData("coordinator xor --resume", "--resume needs --checkpoint-dir DIR")]
    [InlineData("worker", "--seed-node is missing: give the address of a coordinator")]
    [InlineData("worker xor", "worker takes no task: the coordinator says which; leave 'xor' out")]
    [InlineData("worker --seed-node a:0", "--seed-node is 'a:0'")]
    [InlineData("worker --seed-node a:1 --health-file /no/such/folder/h", "there is no folder '/no/such/folder'")]
    [InlineData("status --seed a", "--seed-node is 'a': give addresses HOST:PORT of coordinators, separated by commas, with ports from 1 to 65535")]
    [InlineData("health", "--health-file is missing")]
    [InlineData("certificates --dir /proc/x", "the certificates in '/proc/x' cannot be written")]
    public async Task A_mistake_is_one_line_that_says_what_to_do_and_nothing_runs(string line, string expected)
    {
        var run = await new HostRun().RunLineAsync(line);

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Equal(run.Error.Length - 1, run.Error.IndexOf('\n', StringComparison.Ordinal));
        Assert.Empty(run.Out);
        Assert.Null(run.Engine.Asked);
        Assert.Null(run.Cluster.AskedToCoordinate);
        Assert.Null(run.Cluster.AskedToWork);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_found_before_training()
    {
        // proc refuses new files even to root, whom permission bits do not stop.
        var run = await new HostRun().RunAsync("train", "xor", "--summary", "/proc/summary.json");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--summary is '/proc/summary.json', which cannot be written: no file can be made in '/proc'; give another place", run.Error, StringComparison.Ordinal);
        Assert.Null(run.Engine.Asked);
    }

    [Fact]
    public async Task A_probe_leaves_nothing_behind_and_does_not_touch_what_is_there()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("summary.json"), "old");
        var run = new HostRun { Engine = new FakeEngine { Run = (_, _) => throw new TrainingFaultException("it broke") } };

        await run.RunAsync("train", "xor", "--summary", folder.File("summary.json"), "--plot", folder.File("loss.png"));

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("summary.json", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries(folder.Path))));
        Assert.Equal("old", await File.ReadAllTextAsync(folder.File("summary.json")));
    }
}
