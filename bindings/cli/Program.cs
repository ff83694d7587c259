using FlowEngine.Cli;

return FlowCommand.Run(args, Console.Out, Console.Error);
