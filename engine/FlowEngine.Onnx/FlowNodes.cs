using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Models;
using FlowEngine.Onnx.Data;
using FlowEngine.Onnx.Format;
using FlowEngine.Onnx.Layers;
using FlowEngine.Onnx.Priors;

namespace FlowEngine.Onnx;

/// <summary>A whole flow as nodes of a graph: its levels in order, and back.</summary>
internal sealed class FlowNodes
{
    private readonly Flow _flow;
    private readonly Translation _translation;
    private readonly ImageShape[] _latents;
    private readonly TableSchema? _schema;

    public FlowNodes(Model model, Translation translation)
    {
        _flow = model.Flow;
        _translation = translation;
        _latents = _flow.LatentShapes(1);
        _schema = model.Config.Data as TableSchema;
    }

    private OnnxGraph Graph => _translation.Graph;

    /// <summary>Declares inputs and outputs, and adds the nodes between them.</summary>
    public void Add(OnnxFunction function)
    {
        switch (function)
        {
            case OnnxFunction.LogProb:
                AddForward(givesLatents: false);
                break;
            case OnnxFunction.Forward:
                AddForward(givesLatents: true);
                break;
            default:
                AddInverse(ofNoise: function == OnnxFunction.Sample);
                break;
        }
    }

    private void AddForward(bool givesLatents)
    {
        ImageShape shape = _flow.InputShape(1);
        LogDensity sum = new();
        OnnxValue data = _schema is null ? Input("x", shape) : Graph.Input("x", _schema.Columns.Count);
        OnnxValue x = _schema is null ? data : new TableNodes(_schema.Scaling, _translation).Apply(data, sum);
        AddCondition();
        for (int l = 0; l < _latents.Length; l++)
        {
            foreach ((ILayerNodes nodes, string name) in Layers(l, ref shape))
            {
                Graph.Scope = name;
                x = nodes.Forward(x, sum);
            }

            Graph.Scope = _flow.Levels[l].Prior.Name;
            int channels = _latents[l].Channels;
            OnnxValue? kept = _flow.Levels[l].IsSplit ? x.Channels(0, channels) : null;
            OnnxValue latent = kept is null ? x : x.Channels(channels, channels);
            if (givesLatents)
            {
                Output(NameOf("z", l), latent, _latents[l]);
            }
            else
            {
                Prior(l).LogProb(latent, kept, sum);
            }

            x = kept ?? x;
            shape = _latents[l];
        }

        Graph.Scope = string.Empty;
        Graph.Output(givesLatents ? "log_det" : "log_prob", sum.Sum(data));
    }

    private void AddInverse(bool ofNoise)
    {
        OnnxValue[] latents = [.. _latents.Select((shape, l) => Input(NameOf(ofNoise ? "noise" : "z", l), shape))];
        AddCondition();
        OnnxValue? x = null;
        for (int l = _latents.Length - 1; l >= 0; l--)
        {
            Graph.Scope = _flow.Levels[l].Prior.Name;
            OnnxValue latent = ofNoise ? Prior(l).Sample(latents[l], x) : latents[l];
            OnnxValue y = x is OnnxValue kept ? Graph.Concat(1, kept, latent) : latent;
            ImageShape shape = l == 0 ? _flow.InputShape(1) : _latents[l - 1];
            foreach ((ILayerNodes nodes, string name) in Enumerable.Reverse(Layers(l, ref shape)))
            {
                Graph.Scope = name;
                y = nodes.Inverse(y);
            }

            x = y;
        }

        Graph.Scope = string.Empty;
        if (_schema is null)
        {
            Output("x", x!.Value, _flow.InputShape(1));
        }
        else
        {
            Graph.Output("x", new TableNodes(_schema.Scaling, _translation).Restore(x!.Value), _schema.Columns.Count);
        }
    }

    private List<(ILayerNodes Nodes, string Name)> Layers(int level, ref ImageShape shape)
    {
        List<(ILayerNodes, string)> layers = [];
        foreach (FlowEngine.Layers.IFlowLayer layer in _flow.Levels[level].Layers)
        {
            layers.Add((LayerNodes.Of(layer, shape, _translation), layer.Name));
            shape = layer.OutputShape(shape);
        }

        return layers;
    }

    private PriorNodes Prior(int level) => new(_flow.Levels[level].Prior, _latents[level], _translation);

    private string NameOf(string name, int level) => _latents.Length == 1 ? name : $"{name}{level}";

    private void AddCondition()
    {
        if (_schema?.Condition is TableScaling scaling)
        {
            // What a condition's scaling adds to a density is no part of that of the data.
            _translation.Condition = new TableNodes(scaling, _translation).Apply(
                Graph.Input("condition", scaling.Columns.Count), new LogDensity());
        }
        else if (_flow.ConditionLength > 0)
        {
            _translation.Condition = Graph.Input("condition", _flow.ConditionLength);
        }
    }

    // Images are (B, H, W, C) outside the graph, as everywhere in the engine.
    private OnnxValue Input(string name, ImageShape shape) => _translation.IsOfVectors
        ? Graph.Input(name, shape.Channels)
        : Graph.Input(name, shape.Height, shape.Width, shape.Channels).Transpose(0, 3, 1, 2);

    private void Output(string name, OnnxValue value, ImageShape shape)
    {
        if (_translation.IsOfVectors)
        {
            Graph.Output(name, value, shape.Channels);
        }
        else
        {
            Graph.Output(name, value.Transpose(0, 2, 3, 1), shape.Height, shape.Width, shape.Channels);
        }
    }
}
