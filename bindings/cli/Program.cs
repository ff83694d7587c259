using FlowEngine.Cli;

return FlowCommand.Run(args, Console.Out, Console.Error, Console.IsErrorRedirected ? null : WaitLine.Patience);
