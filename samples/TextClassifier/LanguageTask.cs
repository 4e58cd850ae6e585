using Cluster.Train.Data;
using Cluster.Train.Reduction;
using Cluster.Train.Training;
using static TorchSharp.torch;

namespace TextClassifier;

/// <summary>In which language a sentence is written: a file for each language, a sentence a line.</summary>
internal sealed class LanguageTask : TrainingTask<LanguageModel>
{
    public override string Name => "language";

    public override JobDefaults Defaults => new(BatchSize: 32, Epochs: 20, OptimizerSettings.Adam(0.01f));

    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) => TextClasses.Open(dataDirectory);

    public override TaskData OpenNewData(TaskSettings settings, string? dataDirectory, string? preparation) => TextClasses.OpenNewData(dataDirectory, preparation);

    public override TaskData OpenNewLabelledData(TaskSettings settings, string? dataDirectory, string? preparation) => TextClasses.OpenNewLabelledData(dataDirectory, preparation);

    public override LanguageModel CreateModel(TaskSettings settings, TaskData data) => new(TextPreparation.Parse(data.Preparation!));

    public override Tensor Predict(LanguageModel model, Batch batch) => model.forward(batch.Input, batch.Lengths());

    public override Tensor Loss(Tensor prediction, Batch batch) => nn.functional.cross_entropy(prediction, batch.Target);

    public override EvaluationCounts Count(Tensor prediction, Batch batch) => new(prediction.argmax(1).eq(batch.Target).sum().item<long>(), batch.Count);

    public override Tensor Answer(Tensor prediction, Batch batch) => prediction.softmax(1);

    public override IReadOnlyList<string> AnswerColumns(TaskSettings settings, TaskData data) => TextPreparation.Parse(data.Preparation!).Classes;
}
