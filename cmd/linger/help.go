package main

// helpCommand is the command help in the list of commands. expandHelp replaces it by --help before kong runs it.
type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command to explain."`
}

// Run is never called.
func (helpCommand) Run() error { return nil }

// expandHelp rewrites an empty command line, and one that begins with help, to one with --help.
func expandHelp(args []string) []string {
	if len(args) == 0 {
		return []string{"--help"}
	}
	if args[0] == "help" {
		return append(args[1:len(args):len(args)], "--help")
	}
	return args
}

// Help returns the text at the end of the command's help. kong calls it.
func (runCommand) Help() string {
	return `Examples:

  linger run app.js                            # at http://127.0.0.1:8080/
  linger run --watch app.ts                    # reloads it when a file changes
  linger run --port=3000 app.js                # on another port of the loopback interface
  linger run --listen=:80 --workers=4 app.js   # on all interfaces, with four engines
  linger run --origin='https://*.example.com' --trusted-proxy=10.0.0.0/8 app.js

Each flag is also an environment variable, such as LINGER_MAX_CONNECTIONS, and a key of linger.toml, such as max_connections:
linger config print --default has all of them.

SIGHUP reloads the application. SIGTERM closes every connection, then ends the server.`
}

// Help returns the text at the end of the command's help. kong calls it.
func (proxyCommand) Help() string {
	return `Examples:

  linger proxy --to=ws://127.0.0.1:9000/chat
  linger proxy --listen=:8080 --to=ws://10.0.0.1:9000 --to=ws://10.0.0.2:9000`
}
