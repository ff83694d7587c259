using System.Globalization;
using FlowEngine.Architecture;
using FlowEngine.Compression;
using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Likelihood;
using FlowEngine.Models;
using FlowEngine.Training;

// Trains a Glow on handwritten digits, then asks it four things. Usage: digits FOLDER [EPOCHS]
if (args.Length is < 1 or > 2)
{
    Console.Error.WriteLine("usage: digits FOLDER [EPOCHS]");
    return 2;
}

string folder = Directory.CreateDirectory(args[0]).FullName;
int epochs = args.Length == 2 ? int.Parse(args[1], NumberStyles.None, CultureInfo.InvariantCulture) : 20;

(ImageDataset train, ImageDataset test) = DatasetLoader.Load("digits");
GlowOptions sizes = new() { Height = 8, Width = 8, Channels = 1, Levels = 2, Steps = 4, Hidden = 32, Bins = train.Bins };
using IBackend device = Devices.Open("auto");
using Model start = Model.Create(ModelConfig.New(sizes), device, seed: 1);
using Trainer trainer = new(start, train, new TrainerOptions { Batch = 64, WarmupSamples = train.Count });
trainer.Train(epochs * trainer.UpdatesPerEpoch);
using Model model = trainer.Snapshot();
model.Save(Path.Combine(folder, "digits.safetensors"));

// How well does it know digits that it has not seen?
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture, $"{Evaluation.Run(model, test).BitsPerDim:F3} bits/dim on {test.Count} digits held out"));

// What does it draw?
Image drawn = ImageGrid.Compose(Samples.Draw(model, 64, [0.7], seed: 1, label: null), columns: 8);
PngImage.Write(Path.Combine(folder, "drawn.png"), drawn);

// Which digits does it find odd?
double[] logProb = AnomalyScores.Of(model, test, trainingLogProb: null).LogProb;
int[] oddest = [.. Enumerable.Range(0, test.Count).OrderBy(i => logProb[i]).Take(16)];
PngImage.Write(Path.Combine(folder, "odd.png"), ImageGrid.Compose(test.Select(oddest), columns: 8));

// How small can it make them, without loss?
byte[] levels = [.. Enumerable.Range(0, test.Count).SelectMany(i => test[i].ToArray())];
using MemoryStream file = new();
ImageCompressor.Compress(model, levels, file);
file.Position = 0;
bool same = CompressedImages.Open(file).Read(model).SequenceEqual(levels);
Console.WriteLine($"{levels.Length} bytes of digits in a file of {file.Length}; read back {(same ? "the same" : "OTHERWISE")}");
return same ? 0 : 1;
