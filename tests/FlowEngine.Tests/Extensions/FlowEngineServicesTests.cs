using System.Collections.Concurrent;
using FlowEngine.Extensions;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FlowEngine.Tests.Extensions;

/// <summary>Models in dependency injection.</summary>
public sealed class FlowEngineServicesTests : IDisposable
{
    private readonly CpuBackend _backend = new(1);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flowengine");

    public void Dispose()
    {
        _backend.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Models_are_injected_once_by_name_and_the_first_without()
    {
        (string maf, string iaf) = (Saved("maf", seed: 1), Saved("iaf", seed: 2));
        using Messages messages = new();
        ServiceCollection services = new();
        services.AddLogging(logging => logging.AddProvider(messages));
        services.AddFlowEngine(options => options.AddModel("first", maf).AddModel("second", iaf).Threads = 1);
        Model model;
        using (ServiceProvider provider = services.BuildServiceProvider())
        {
            Assert.Empty(messages.Lines);
            model = provider.GetRequiredService<Model>();
            Assert.Same(model, provider.GetRequiredKeyedService<Model>("first"));
            Assert.Same(model, provider.GetRequiredService<FlowModels>()["first"]);
            Model second = provider.GetRequiredKeyedService<Model>("second");
            Assert.NotEqual(model.LogProb(new float[5]), second.LogProb(new float[5]));
            Assert.Equal(2, messages.Lines.Count);
            Assert.StartsWith($"Information: Model first of {maf} is loaded: maf of 5 dimensions on auto, ", messages.Lines.First(), StringComparison.Ordinal);
        }

        Assert.ThrowsAny<Exception>(() => model.LogProb(new float[5]));
    }

    [Fact]
    public void A_model_without_logging_loads_too()
    {
        string path = Saved("maf", seed: 1);
        using ServiceProvider provider =
            new ServiceCollection().AddFlowEngine(options => options.AddModel("only", path)).BuildServiceProvider();
        Assert.Equal(5, provider.GetRequiredService<Model>().Flow.Dims);
    }

    [Fact]
    public void What_is_missing_is_named_and_logged()
    {
        using Messages messages = new();
        ServiceCollection services = new();
        services.AddLogging(logging => logging.AddProvider(messages));
        services.AddFlowEngine(options => options.AddModel("gone", Path.Combine(_folder.FullName, "gone.safetensors")));
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Equal(FlowErrorKind.Io, Assert.Throws<FlowException>(() => provider.GetRequiredService<Model>()).Kind);
        Assert.Equal(["Error: Model gone cannot be loaded"], messages.Lines);
        FlowException unknown = Assert.Throws<FlowException>(() => provider.GetRequiredService<FlowModels>()["other"]);
        Assert.Equal("there is no model other; expected gone", unknown.Message);
    }

    [Fact]
    public void Two_models_of_one_name_are_refused()
    {
        FlowException error = Assert.Throws<FlowException>(() =>
            new ServiceCollection().AddFlowEngine(options => options.AddModel("a", "x").AddModel("a", "y")));
        Assert.Equal("model a was added twice: x and y; expected one of a name", error.Message);
    }

    private string Saved(string name, ulong seed)
    {
        string path = Path.Combine(_folder.FullName, $"{name}.safetensors");
        using Model model = TinyGlow.Perturbed(_backend, TinyVectors.Maf(), seed);
        model.Save(path);
        return path;
    }

    private sealed class Messages : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel}: {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
