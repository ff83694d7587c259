using FlowEngine.Extensions;
using FlowEngine.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>FlowEngine's models in dependency injection.</summary>
public static class FlowEngineServices
{
    /// <param name="services">The services of the application.</param>
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Adds the models of <paramref name="configure"/>: each as a keyed <see cref="Model"/> by its name, the first also
        /// without a key, and all as <see cref="FlowModels"/>. They are single instances, which threads may share; one is
        /// loaded when it is first injected, and a logger is told.
        /// </summary>
        /// <param name="configure">Names models and device.</param>
        /// <exception cref="FlowEngine.FlowException">Two models have one name.</exception>
        public IServiceCollection AddFlowEngine(Action<FlowEngineOptions> configure)
        {
            FlowEngineOptions options = new();
            configure(options);
            services.AddSingleton(provider => new FlowModels(
                options,
                provider.GetService<ILoggerFactory>()?.CreateLogger("FlowEngine") ?? NullLogger.Instance));
            foreach (string name in options.Models.Keys)
            {
                services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredService<FlowModels>()[name]);
            }

            if (options.First is string first)
            {
                services.AddSingleton(provider => provider.GetRequiredService<FlowModels>()[first]);
            }

            return services;
        }
    }
}
