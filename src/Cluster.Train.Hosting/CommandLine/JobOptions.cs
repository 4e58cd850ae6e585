using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Hosting.CommandLine;

/// <summary>The options that make a job's definition: the result depends on these, and on nothing else.</summary>
internal static class JobOptions
{
    private static readonly ValueKind<NamePatterns> Patterns = new(
        "PATTERNS", "names separated by commas, with * for any letters", text => text.Trim(',', ' ').Length > 0 ? new NamePatterns(text) : throw new FormatException(), patterns => patterns.Text);

    private const string Section = "The job (these decide the result)";

    private static readonly ValueKind<float> s_decay = ValueKinds.Real("from 0 to below 1", value => value is >= 0 and < 1);

    public static readonly OptionSpec<int> Epochs = new("--epochs", Section, ValueKinds.Whole(1, 1_000_000_000, "epochs"),
        "Passes over the training samples; not together with --steps.")
    { Default = task => task.Defaults.Epochs, DefaultOfTask = task => task.Defaults.Steps is null ? null : "as far as the steps reach" };

    public static readonly OptionSpec<long> Steps = new("--steps", Section, ValueKinds.Long(1, "steps"),
        "Length of the run in steps, instead of --epochs.")
    { DefaultNote = "as many as the epochs have", DefaultOfTask = task => task.Defaults.Steps is { } steps ? Invariant($"{steps}") : null };

    public static readonly OptionSpec<int> BatchSize = new("--batch-size", Section, ValueKinds.Whole(1, 16_777_216, "samples"),
        "Samples of a global batch, split over the shards.")
    { Default = task => task.Defaults.BatchSize };

    public static readonly OptionSpec<TailRule> Tail = new("--tail", Section,
        ValueKinds.Choice(("keep", TailRule.Keep), ("drop", TailRule.Drop), ("merge", TailRule.Merge)),
        "An epoch's last batch, where it is smaller: keep it, drop it, or merge it into the batch before.")
    { Default = _ => TailRule.Keep };

    public static readonly OptionSpec<SampleOrder> SampleOrder = new("--sample-order", Section,
        ValueKinds.Choice(("task", Training.SampleOrder.Task), ("shuffled", Training.SampleOrder.Shuffled), ("sequential", Training.SampleOrder.Sequential), ("balanced", Training.SampleOrder.Balanced)),
        "Which samples an epoch has: as the task says (mostly shuffled), all of them shuffled, or one after the other; balanced draws with replacement, each class as likely as any other.")
    { Default = _ => Training.SampleOrder.Task };

    public static readonly OptionSpec<int> Shards = new("--shards", Section, ValueKinds.Whole(1, 65_536, "shards"),
        "Pieces of every global batch. They are a part of the job: the bits depend on their number, and not on how many workers share them.")
    { DefaultNote = "the number of workers" };

    public static readonly OptionSpec<int> Accumulate = new("--accumulate", Section, ValueKinds.Whole(1, 65_536, "shards"),
        "Shards that each worker computes one after the other and adds up before the update, for a batch that does not fit at once: short for --shards of so many times --workers. The bits depend on that product alone.")
    { DefaultNote = "1, or what --shards says" };

    public static readonly OptionSpec<long> Seed = new("--seed", Section, ValueKinds.Long(long.MinValue),
        "Seed of initial parameters, shuffling and dropout.")
    { Default = _ => 0 };

    public static readonly OptionSpec<string> Optimizer = new("--optimizer", Section,
        ValueKinds.Choice([.. OptimizerSettings.Names.Select(name => (name, name))]),
        "The update rule, as in torch.optim; lion and lamb as in their papers (Chen and others, 2023; You and others, 2020); own is one of the task's, where it names one.")
    { Default = task => task.Defaults.Optimizer.Name };

    public static readonly OptionSpec<float> LearningRate = new("--lr", Section, ValueKinds.Real("above 0", rate => rate > 0),
        "Learning rate before the schedule. For another optimizer than the task's own, the default is "
        + string.Join(", ", OptimizerSettings.Names.Where(name => !OptimizerSettings.Named(name).IsOwn).Select(name => Invariant($"{OptimizerSettings.Named(name).LearningRate:R} with {name}"))) + ".")
    { Default = task => task.Defaults.Optimizer.LearningRate };

    public static readonly OptionSpec<ScheduleSettings> Schedule = new("--schedule", Section,
        new ValueKind<ScheduleSettings>("SCHEDULE", ScheduleSettings.Syntax, ScheduleSettings.Parse, schedule => schedule.ToString()),
        "How the learning rate goes; step:STEPS:FACTOR and cosine:WARMUP are short for step:every=STEPS,factor=FACTOR and cosine:warmup=WARMUP.")
    { Default = task => task.Defaults.Schedule };

    public static readonly OptionSpec<float> Momentum = new("--momentum", Section, ValueKinds.Real("from 0 to below 1", value => value is >= 0 and < 1),
        "Momentum of sgd and rmsprop.")
    { Default = task => task.Defaults.Optimizer.Momentum };

    public static readonly OptionSpec<float> Dampening = new("--dampening", Section, ValueKinds.Real("from 0 to 1", value => value is >= 0 and <= 1),
        "Dampening of sgd's momentum.")
    { Default = task => task.Defaults.Optimizer.Dampening };

    public static readonly OptionSpec<bool> Nesterov = new("--nesterov", Section, ValueKinds.Flag,
        "Nesterov momentum of sgd; needs --momentum and no --dampening.")
    { Default = task => task.Defaults.Optimizer.Nesterov };

    public static readonly OptionSpec<float> WeightDecay = new("--weight-decay", Section, ValueKinds.Real("of at least 0", value => value >= 0),
        "Weight decay: decoupled with adamw, lion and lamb, L2 with the others.")
    { Default = task => task.Defaults.Optimizer.WeightDecay };

    public static readonly OptionSpec<string> NoDecay = new("--no-decay", Section, ValueKinds.Text("PATTERNS", "patterns of parameter names, separated by commas"),
        "Parameters without weight decay: norm for those of normalizations, bias for all biases, encoder.* for what begins so.")
    { DefaultNote = "none" };

    public static readonly OptionSpec<bool> Maximize = new("--maximize", Section, ValueKinds.Flag,
        "Ascends instead of descending.")
    { Default = task => task.Defaults.Optimizer.Maximize };

    public static readonly OptionSpec<float> Beta1 = new("--beta1", Section, s_decay,
        "adam, adamw, lamb: decay of the average of gradients; lion: the same, as it enters the update.")
    { Default = task => task.Defaults.Optimizer.Beta1 };

    public static readonly OptionSpec<float> Beta2 = new("--beta2", Section, s_decay,
        "adam, adamw, lamb: decay of the average of squares; lion: of the average of gradients, as it is kept.")
    { Default = task => task.Defaults.Optimizer.Beta2 };

    public static readonly OptionSpec<float> Epsilon = new("--epsilon", Section, ValueKinds.Real("of at least 0", value => value >= 0),
        "adam, adamw, lamb, rmsprop, adagrad: added to the denominator.")
    { Default = task => task.Defaults.Optimizer.Epsilon };

    public static readonly OptionSpec<float> Alpha = new("--alpha", Section, s_decay,
        "rmsprop: decay of the average of squares.")
    { Default = task => task.Defaults.Optimizer.Alpha };

    public static readonly OptionSpec<bool> Centered = new("--centered", Section, ValueKinds.Flag,
        "rmsprop: divides by the deviation from the average gradient.")
    { Default = task => task.Defaults.Optimizer.Centered };

    public static readonly OptionSpec<float> LearningRateDecay = new("--lr-decay", Section, ValueKinds.Real("of at least 0", value => value >= 0),
        "adagrad: step k has the learning rate divided by 1 + k times this.")
    { Default = task => task.Defaults.Optimizer.LearningRateDecay };

    public static readonly OptionSpec<float> InitialAccumulator = new("--initial-accumulator", Section, ValueKinds.Real("of at least 0", value => value >= 0),
        "adagrad: what the sums of squares begin with.")
    { Default = task => task.Defaults.Optimizer.InitialAccumulator };

    /// <summary>The options that not every optimizer has.</summary>
    public static readonly IReadOnlyList<OptionSpec> OfSomeOptimizers =
        [Momentum, Dampening, Nesterov, Beta1, Beta2, Epsilon, Alpha, Centered, LearningRateDecay, InitialAccumulator];

    public static readonly OptionSpec<float> ClipNorm = new("--clip-norm", Section, ValueKinds.Real("above 0", norm => norm > 0),
        "Largest norm of the whole gradient; a longer one is scaled down to it.")
    { DefaultNote = "no clipping" };

    public static readonly OptionSpec<string> Watch = new("--watch", Section, ValueKinds.Text("METRIC", "loss, accuracy or a metric of the task"),
        "The metric of the evaluations that --stop-after, --keep-best and --schedule plateau go by.")
    { DefaultNote = "loss, with one of these" };

    public static readonly OptionSpec<EvaluationInterval> EvaluateEvery = new("--evaluate-every", Section,
        new ValueKind<EvaluationInterval>("EVERY", "a number of steps or epochs, like 200steps or 2epochs", EvaluationInterval.Parse, every => every.ToString()),
        "How often to evaluate, besides at the end of the job; decides the result only with --watch.")
    { Default = _ => EvaluationInterval.Epoch };

    public static readonly OptionSpec<int> StopAfter = new("--stop-after", Section, ValueKinds.Whole(1, 1_000_000, "evaluations"),
        "Ends the job after N evaluations without gain.")
    { DefaultNote = "never" };

    public static readonly OptionSpec<double> LeastGain = new("--least-gain", Section, ValueKinds.Double("of at least 0", value => value >= 0),
        "How much better than at the last gain the metric must be, to be a gain.")
    { Default = _ => 0 };

    public static readonly OptionSpec<bool> KeepBest = new("--keep-best", Section, ValueKinds.Flag,
        "Keeps the checkpoint of the best evaluation, beside the newest ones that --keep counts.")
    { Default = _ => false };

    public static readonly OptionSpec<float> Ema = new("--ema", Section, s_decay,
        "Decay of an exponential moving average of the parameters, 0.999 for example; it is evaluated in their place and kept beside them in checkpoints.")
    { DefaultNote = "none" };

    public static readonly OptionSpec<string> Init = new("--init", Section, ValueKinds.Text("PATH", "a file of weights, or a checkpoint, that exists"),
        "Weights to begin with: safetensors, a state dictionary of PyTorch's torch.save, or a checkpoint, also of another model. By names; what is not in both is told, and stays as the task makes it. The file's content is part of the job.")
    { DefaultNote = "those that the task makes" };

    public static readonly OptionSpec<NamePrefixes> InitMap = new("--init-map", Section,
        new ValueKind<NamePrefixes>("OLD=NEW", "beginnings of names as old=new, separated by commas", NamePrefixes.Parse, map => map.Text),
        "How the beginnings of names in --init become the model's: module.= takes one away, =backbone. puts one before all.")
    { DefaultNote = "names stay" };

    public static readonly OptionSpec<NamePatterns> InitSkip = new("--init-skip", Section, Patterns,
        "Tensors of --init that are left out, such as head.*")
    { DefaultNote = "none" };

    public static readonly OptionSpec<NamePatterns> Freeze = new("--freeze", Section, Patterns,
        "Parameters that are not trained, such as backbone.*")
    { DefaultNote = "those that the task freezes" };

    public static readonly OptionSpec<int> Threads = new("--threads", Section, ValueKinds.Whole(1, 256, "threads"),
        "Threads of libtorch per worker; convolutions round differently with another number.")
    { Default = _ => 1 };

    public static readonly OptionSpec<Precision> Precision = new("--precision", Section, ValueKinds.Choice([.. Precisions.All]),
        "What forward pass and loss compute products in: bf16 is libtorch's autocast to bfloat16; parameters and update stay float32. Not together with --portable; doctor says what it gains here.")
    { Default = _ => Training.Precision.Float32 };

    public static readonly OptionSpec<bool> Portable = new("--portable", Section, ValueKinds.Flag,
        "Computes the bits that every x86-64 processor with AVX2 can; without it, bits are the same on processors of one kind. Costs nothing to a third of the speed.")
    { Default = _ => false };

    public static readonly IReadOnlyList<OptionSpec> All =
    [
        Epochs, Steps, BatchSize, Tail, SampleOrder, Shards, Accumulate, Seed, Optimizer, LearningRate, Schedule, WeightDecay, NoDecay, Maximize,
        .. OfSomeOptimizers, ClipNorm, Ema, EvaluateEvery, Watch, StopAfter, LeastGain, KeepBest, Init, InitMap, InitSkip, Freeze, Threads, Precision, Portable,
    ];
}
