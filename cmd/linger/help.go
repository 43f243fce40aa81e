package main

// helpCommand stands for --help; expandHelp sees to it.
type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command to be explained."`
}

// Run is never called.
func (helpCommand) Run() error { return nil }

// expandHelp returns the command line for those that ask for help in other ways: without arguments, and with help
// before a command.
func expandHelp(args []string) []string {
	if len(args) == 0 {
		return []string{"--help"}
	}
	if args[0] == "help" {
		return append(args[1:len(args):len(args)], "--help")
	}
	return args
}

// Help returns what the help of the command says about it; kong calls it.
func (runCommand) Help() string {
	return `Examples:

  linger run app.js                            # at http://127.0.0.1:8080/
  linger run --watch app.ts                    # loads it anew when a file changes
  linger run --port=3000 app.js                # at another port of this machine
  linger run --listen=:80 --workers=4 app.js   # for others, with four engines
  linger run --origin='https://*.example.com' --trusted-proxy=10.0.0.0/8 app.js

It answers SIGHUP by loading the application anew, and SIGTERM by closing every connection in order.`
}

// Help returns what the help of the command says about it; kong calls it.
func (proxyCommand) Help() string {
	return `Examples:

  linger proxy --to=ws://127.0.0.1:9000/chat
  linger proxy --listen=:8080 --to=ws://10.0.0.1:9000 --to=ws://10.0.0.2:9000`
}
